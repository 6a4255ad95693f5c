// Beam search over a batch of sources, as CTranslate2 does it, and what Python calls.

#include <exception>

#include "network.h"

namespace depesche {

struct Candidate {
  float score;  // a log probability
  int token;
};

inline bool better(const Candidate& a, const Candidate& b) {
  return a.score > b.score || (a.score == b.score && a.token < b.token);
}

// The likeliest next tokens of each row, found while the logits are made: they are never all there.
class Choice {
 public:
  // The `count` best of each row after x, [rows, width], best first; `forbidden` has tokens of each.
  const Candidate* of(const Network& network, const float* x, const std::vector<std::vector<int>>& forbidden, int count,
                      int threads) {
    const int rows = static_cast<int>(forbidden.size());
    const int chunks = (network.output.panels() + PANELS - 1) / PANELS;
    quantized_.take(x, rows, network.shape.width, 1);
    parts_.resize(threads);
    for (Buffer<float>& part : parts_) part.room(static_cast<size_t>(rows) * WIDTH);
    sums_.resize(static_cast<size_t>(chunks) * rows);
    best_.resize(static_cast<size_t>(threads) * rows * count);
    std::fill(best_.begin(), best_.end(), Candidate{-INFINITY, -1});
    parallel(threads, chunks, [&](int chunk, int thread) {
      const int first = chunk * PANELS, last = std::min(first + PANELS, network.output.panels());
      float* logits = parts_[thread].get();
      for (int panel = first; panel < last; ++panel)
        multiply_panel<NONE>(quantized_, 0, rows, network.output, panel, logits + (panel - first) * PANEL, WIDTH);
      const int from = first * PANEL, size = std::min(last * PANEL, network.output.out) - from;
      for (int row = 0; row < rows; ++row) {
        float* values = logits + static_cast<size_t>(row) * WIDTH;
        for (int token : forbidden[row])
          if (token >= from && token < from + size) values[token - from] = -INFINITY;
        sums_[static_cast<size_t>(chunk) * rows + row] = sum(values, size);
        scan(values, size, from, &best_[(static_cast<size_t>(thread) * rows + row) * count], count);
      }
    });
    for (int row = 0; row < rows; ++row) conclude(row, rows, chunks, count, threads);
    return best_.data();
  }

 private:
  static constexpr int PANELS = 8, WIDTH = PANELS * PANEL;  // of a chunk

  // A sum of exponentials: of e^(x - most).
  struct Sum {
    float most, sum;
  };

  static Sum sum(const float* values, int count) {
    __m512 high = _mm512_set1_ps(-INFINITY), sum = _mm512_setzero_ps();
    for (int i = 0; i < count; i += LANES)
      high = _mm512_mask_max_ps(high, lanes(i, count), high, _mm512_loadu_ps(values + i));
    const float most = _mm512_reduce_max_ps(high);
    if (most == -INFINITY) return {most, 0};
    for (int i = 0; i < count; i += LANES)
      sum = _mm512_mask_add_ps(sum, lanes(i, count), sum,
                               exp(_mm512_sub_ps(_mm512_loadu_ps(values + i), _mm512_set1_ps(most))));
    return {most, _mm512_reduce_add_ps(sum)};
  }

  // Puts those of the values that are among the best where they belong.
  static void scan(const float* values, int size, int from, Candidate* best, int count) {
    for (int i = 0; i < size; i += LANES) {
      const __m512 value = _mm512_loadu_ps(values + i);
      const __m512 least = _mm512_set1_ps(best[count - 1].score);
      for (unsigned mask = _mm512_mask_cmp_ps_mask(lanes(i, size), value, least, _CMP_GT_OQ); mask; mask &= mask - 1) {
        const int at = i + __builtin_ctz(mask);
        insert({values[at], from + at}, best, count);
      }
    }
  }

  static void insert(const Candidate& candidate, Candidate* best, int count) {
    if (!better(candidate, best[count - 1])) return;
    int place = count - 1;
    for (; place > 0 && better(candidate, best[place - 1]); --place) best[place] = best[place - 1];
    best[place] = candidate;
  }

  // Brings the threads' findings together, and logits to log probabilities.
  void conclude(int row, int rows, int chunks, int count, int threads) {
    Candidate* best = &best_[static_cast<size_t>(row) * count];
    for (int thread = 1; thread < threads; ++thread)
      for (int i = 0; i < count; ++i)
        insert(best_[(static_cast<size_t>(thread) * rows + row) * count + i], best, count);
    float most = -INFINITY;
    for (int chunk = 0; chunk < chunks; ++chunk)
      most = std::max(most, sums_[static_cast<size_t>(chunk) * rows + row].most);
    float total = 0;
    for (int chunk = 0; chunk < chunks; ++chunk) {
      const Sum& part = sums_[static_cast<size_t>(chunk) * rows + row];
      total += part.sum * std::exp(part.most - most);
    }
    for (int i = 0; i < count; ++i) best[i].score -= most + std::log(total);
  }

  Quantized quantized_;
  std::vector<Buffer<float>> parts_;
  std::vector<Sum> sums_;        // [chunks][rows]
  std::vector<Candidate> best_;  // [threads][rows][count]
};

// How hypotheses are searched for; the same as in replica.py.
struct Settings {
  int32_t beam, hypotheses, no_repeat_ngram, min_tokens, end, prompt_size;
  float length_penalty;
};

struct Beam {
  float score;  // the sum of log probabilities
  std::vector<int> tokens;
  std::vector<int> rows;  // where in the batch it was, at each position
};

struct Hypothesis {
  float worth;  // its score, by its length
  std::vector<int> tokens;
};

struct Source {
  int limit;  // the position of its last token
  std::vector<Beam> beams;
  std::vector<Hypothesis> best;
  int found = 0;
};

class Search {
 public:
  Search(const Network& network, const Settings& settings, const int32_t* prompt, int threads)
      : settings_(settings), prompt_(prompt, prompt + settings.prompt_size), batch_(network, threads) {}

  void run(const int32_t* ids, const int32_t* lengths, const int32_t* limits, int count) {
    batch_.encode(ids, lengths, count);
    for (int s = 0; s < count; ++s) {
      sources.push_back({limits[s] + settings_.prompt_size - 1, {{0.0f, prompt_, {}}}, {}});
    }
    for (int position = 0; step(position); ++position) {
    }
  }

  std::vector<Source> sources;

 private:
  // Reads the tokens at the position and, unless they are given, chooses the next ones.
  bool step(int position) {
    std::vector<Row> rows;
    for (size_t s = 0; s < sources.size(); ++s)
      for (const Beam& beam : sources[s].beams)
        rows.push_back({static_cast<int>(s), beam.tokens[position], beam.rows.data()});
    if (rows.empty()) return false;
    const float* x = batch_.step(rows, position);
    const bool choose = position + 1 >= settings_.prompt_size;
    const int tokens = batch_.network.shape.target_tokens, count = std::min(2 * settings_.beam, tokens);
    const Candidate* candidates = nullptr;
    if (choose) candidates = choice_.of(batch_.network, x, forbidden(position), count, batch_.threads);
    int row = 0;
    for (Source& source : sources) {
      const int first = row;
      for (Beam& beam : source.beams) beam.rows.push_back(row++);
      if (choose && row > first) advance(source, position, candidates + static_cast<size_t>(first) * count, count);
    }
    return true;
  }

  // What may not come next, for each row.
  std::vector<std::vector<int>> forbidden(int position) const {
    std::vector<std::vector<int>> tokens;
    const bool too_early = position < settings_.min_tokens + settings_.prompt_size - 1;
    for (const Source& source : sources)
      for (const Beam& beam : source.beams) {
        tokens.push_back(repeated(beam.tokens));
        if (too_early) tokens.back().push_back(settings_.end);
      }
    return tokens;
  }

  // What would make an n-gram occur twice.
  std::vector<int> repeated(const std::vector<int>& tokens) const {
    std::vector<int> found;
    const size_t size = settings_.no_repeat_ngram;
    if (size == 0 || tokens.size() < size) return found;
    const auto recent = tokens.end() - (size - 1);
    for (size_t i = 0; i + size <= tokens.size(); ++i)
      if (std::equal(recent, tokens.end(), tokens.begin() + i)) found.push_back(tokens[i + size - 1]);
    return found;
  }

  // Goes on with the best tokens after the beams, and takes note of hypotheses that end.
  //
  // Of the best continuations, twice as many as there are beams, the first half may end, and those
  // that do not end go on, so that there are always beams enough. A search is over once it has as
  // many hypotheses as beams.
  void advance(Source& source, int position, const Candidate* candidates, int count) {
    struct Next {
      float score;
      int beam, token;
    };
    const size_t most = settings_.beam;
    std::vector<Next> next;
    for (size_t b = 0; b < source.beams.size(); ++b)
      for (int c = 0; c < count; ++c) {
        const Candidate& candidate = candidates[b * count + c];
        const float score = source.beams[b].score + candidate.score;
        // -inf: there were fewer tokens than wanted; damaged weights make what is no number.
        if (score > -INFINITY) next.push_back({score, static_cast<int>(b), candidate.token});
      }
    std::stable_sort(next.begin(), next.end(), [](const Next& a, const Next& b) { return a.score > b.score; });
    if (next.size() > 2 * most) next.resize(2 * most);

    const bool last = position == source.limit;
    std::vector<Beam> beams;
    for (size_t n = 0; n < next.size(); ++n) {
      const auto [score, beam, token] = next[n];
      const bool ends = token == settings_.end || last;
      if (ends ? n >= most : beams.size() == most) continue;
      std::vector<int> tokens = source.beams[beam].tokens;
      tokens.push_back(token);
      if (ends) {
        const float length = std::pow(static_cast<float>(position + 1), settings_.length_penalty);
        keep(source, {score / length, std::move(tokens)});
      } else {
        beams.push_back({score, std::move(tokens), source.beams[beam].rows});
      }
    }
    if (last || source.found >= settings_.beam) beams.clear();
    source.beams = std::move(beams);
  }

  void keep(Source& source, Hypothesis hypothesis) const {
    ++source.found;
    auto place = source.best.begin();
    while (place != source.best.end() && place->worth >= hypothesis.worth) ++place;
    source.best.insert(place, std::move(hypothesis));
    if (source.best.size() > static_cast<size_t>(settings_.hypotheses)) source.best.pop_back();
  }

  const Settings settings_;
  const std::vector<int> prompt_;
  Batch batch_;
  Choice choice_;
};

}  // namespace depesche

using namespace depesche;

extern "C" {

// Whether this processor has what all of this is made of.
int depesche_runs() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512vnni");
}

// Bytes of a file of weights of this shape.
size_t depesche_size(const Shape* shape) { return Network(*shape, nullptr).size; }

// A network whose weights are, and stay, at this place, which is a multiple of 64; null without memory.
void* depesche_load(const Shape* shape, const uint8_t* weights) {
  try {
    return new Network(*shape, weights);
  } catch (const std::exception&) {
    return nullptr;
  }
}

void depesche_free(void* network) { delete static_cast<Network*>(network); }

// Hypotheses of `count` sources, [count][hypotheses][room] tokens, -1 after the last of each.
// 0: done; 1: there is not memory enough.
int depesche_generate(const void* network, const Settings* settings, const int32_t* prompt, int threads, int count,
                      const int32_t* ids, const int32_t* lengths, const int32_t* limits, int room,
                      int32_t* hypotheses) {
  try {
    Search search(*static_cast<const Network*>(network), *settings, prompt, threads);
    search.run(ids, lengths, limits, count);
    std::fill_n(hypotheses, static_cast<size_t>(count) * settings->hypotheses * room, -1);
    for (int s = 0; s < count; ++s)
      for (size_t h = 0; h < search.sources[s].best.size(); ++h) {
        const std::vector<int>& tokens = search.sources[s].best[h].tokens;
        int32_t* to = hypotheses + (static_cast<size_t>(s) * settings->hypotheses + h) * room;
        std::copy(tokens.begin() + settings->prompt_size, tokens.end(), to);
      }
    return 0;
  } catch (const std::exception&) {
    return 1;
  }
}
}
