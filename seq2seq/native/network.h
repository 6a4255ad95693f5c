// Marian's and BART's network, to generate with: an encoder, and a decoder that takes a step for all
// beams. Encoder and decoder have a layer norm after each residual sum (Vaswani et al. 2017).
#pragma once

#include <vector>

#include "attention.h"
#include "linear.h"

namespace depesche {

// What a file of weights holds; the same, in the same order, as in pack.py.
struct Shape {
  int32_t width, source_tokens, target_tokens, start, positions, encoder_layers, decoder_layers;
  int32_t encoder_heads, decoder_heads, encoder_inner, decoder_inner, activation, norms_embeddings;
  float embedding_scale;
};

// Takes one array after the other from a file, each on a multiple of 64 bytes.
class Reader {
 public:
  explicit Reader(const uint8_t* data) : data_(data) {}

  template <class T>
  const T* take(size_t count) {
    const T* array = reinterpret_cast<const T*>(data_ + size);
    size += (count * sizeof(T) + 63) / 64 * 64;
    return array;
  }
  Norm norm(int width) {
    const float* gamma = take<float>(width);
    return {gamma, take<float>(width)};
  }
  Linear linear(int in, int out) {
    Linear map{in, out, nullptr, nullptr, nullptr};
    map.weights = take<uint8_t>(map.panels() * map.panel());
    map.scales = take<float>(map.panels() * PANEL);
    map.bias = take<float>(map.panels() * PANEL);
    return map;
  }

  size_t size = 0;  // of what was taken

 private:
  const uint8_t* data_;
};

struct Layer {
  Linear own, own_out;  // queries, keys and values together
  Norm own_norm;
  Linear query, keys_values, cross_out;  // a decoder's
  Norm cross_norm;
  Linear widen, narrow;
  Norm norm;

  static Layer read(Reader& file, int width, int inner, bool decodes) {
    Layer layer{};
    layer.own = file.linear(width, 3 * width);
    layer.own_out = file.linear(width, width);
    layer.own_norm = file.norm(width);
    if (decodes) {
      layer.query = file.linear(width, width);
      layer.keys_values = file.linear(width, 2 * width);
      layer.cross_out = file.linear(width, width);
      layer.cross_norm = file.norm(width);
    }
    layer.widen = file.linear(width, inner);
    layer.narrow = file.linear(inner, width);
    layer.norm = file.norm(width);
    return layer;
  }
};

struct Network {
  Shape shape;
  const int8_t* source_rows;  // the embeddings of source tokens, and what a step of each is worth
  const float* source_scales;
  const float *source_positions, *target_positions;
  Norm source_norm, target_norm;  // of embeddings
  std::vector<Layer> encoder, decoder;
  Linear output;  // its columns are the embeddings of target tokens, too
  size_t size;    // of the file

  Network(const Shape& shape, const uint8_t* data) : shape(shape) {
    Reader file(data);
    const int width = shape.width;
    source_rows = file.take<int8_t>(static_cast<size_t>(shape.source_tokens) * width);
    source_scales = file.take<float>(shape.source_tokens);
    source_positions = file.take<float>(static_cast<size_t>(shape.positions) * width);
    if (shape.norms_embeddings) source_norm = file.norm(width);
    for (int i = 0; i < shape.encoder_layers; ++i)
      encoder.push_back(Layer::read(file, width, shape.encoder_inner, false));
    target_positions = file.take<float>(static_cast<size_t>(shape.positions) * width);
    if (shape.norms_embeddings) target_norm = file.norm(width);
    for (int i = 0; i < shape.decoder_layers; ++i)
      decoder.push_back(Layer::read(file, width, shape.decoder_inner, true));
    output = file.linear(width, shape.target_tokens);
    size = file.size;
  }
};

// A beam's next input: its last token, and which row it was at each position so far.
struct Row {
  int source, token;
  const int* rows;
};

// The network at work on one batch. Memory is taken outside of `parallel`, where it may fail.
class Batch {
 public:
  Batch(const Network& network, int threads)
      : network(network), threads(threads), width_(network.shape.width), scratch_(threads), past_(threads) {}

  // Reads sources of these lengths, whose ids follow each other.
  void encode(const int32_t* ids, const int32_t* lengths, int count) {
    std::vector<int> starts(1, 0);
    for (int s = 0; s < count; ++s) starts.push_back(starts.back() + lengths[s]);
    const int rows = starts.back();
    float* x = x_.room(rows * width_);
    for (int s = 0; s < count; ++s)
      for (int p = 0; p < lengths[s]; ++p) embed_source(ids[starts[s] + p], p, x + (starts[s] + p) * width_);
    for (const Layer& layer : network.encoder) {
      const float* projected = linear(layer.own, x, rows, projected_);
      float* mixed = mixed_.room(rows * width_);
      attend_sources(projected, starts, mixed);
      add_norm(x, linear(layer.own_out, mixed, rows, y_), layer.own_norm, rows);
      feed(layer, x, rows);
    }
    remember(x, starts);
  }

  // Takes a step at this position, to vectors that logits are made of, [rows, width].
  const float* step(const std::vector<Row>& rows, int position) {
    const int count = static_cast<int>(rows.size());
    float* x = x_.room(count * width_);
    for (int r = 0; r < count; ++r) embed_target(rows[r].token, position, x + r * width_);
    own_.emplace_back();
    own_.back().room(network.decoder.size() * count * 2 * width_);
    own_rows_.push_back(count);
    for (size_t l = 0; l < network.decoder.size(); ++l) {
      const Layer& layer = network.decoder[l];
      const float* projected = linear(layer.own, x, count, projected_);
      for (int r = 0; r < count; ++r)
        std::copy_n(projected + (3 * r + 1) * width_, 2 * width_, own_.back().get() + (l * count + r) * 2 * width_);
      float* mixed = mixed_.room(count * width_);
      look_back(projected, rows, l, mixed);
      add_norm(x, linear(layer.own_out, mixed, count, y_), layer.own_norm, count);
      look_at_source(linear(layer.query, x, count, projected_), rows, l, mixed);
      add_norm(x, linear(layer.cross_out, mixed, count, y_), layer.cross_norm, count);
      feed(layer, x, count);
    }
    return x;
  }

  const Network& network;
  const int threads;

 private:
  // Few rows are done before another thread would have begun.
  int threads_for(int rows) const { return rows < 32 ? 1 : threads; }

  void embed_source(int id, int position, float* x) {
    const Shape& shape = network.shape;
    const float scale = network.source_scales[id] * shape.embedding_scale;
    const int8_t* row = network.source_rows + id * width_;
    const float* place = network.source_positions + position * width_;
    for (size_t i = 0; i < width_; ++i) x[i] = row[i] * scale + place[i];
    if (shape.norms_embeddings) add_and_norm(x, nullptr, network.source_norm, shape.width);
  }

  void embed_target(int id, int position, float* x) {
    const Shape& shape = network.shape;
    const float* place = network.target_positions + position * width_;
    for (size_t i = 0; i < width_; ++i) x[i] = network.output.at(i, id) * shape.embedding_scale + place[i];
    if (shape.norms_embeddings) add_and_norm(x, nullptr, network.target_norm, shape.width);
  }

  template <int activation = NONE>
  const float* linear(const Linear& map, const float* x, int rows, Buffer<float>& to) {
    quantized_.take(x, rows, map.in, threads_for(rows));
    float* y = to.room(static_cast<size_t>(rows) * map.out);
    multiply<activation>(quantized_, map, y, threads);
    return y;
  }

  void add_norm(float* x, const float* more, const Norm& norm, int rows) {
    parallel(threads_for(rows), rows,
             [&](int r, int) { add_and_norm(x + r * width_, more + r * width_, norm, network.shape.width); });
  }

  void feed(const Layer& layer, float* x, int rows) {
    const int kind = network.shape.activation;
    const float* wide = kind == GELU    ? linear<GELU>(layer.widen, x, rows, projected_)
                        : kind == SWISH ? linear<SWISH>(layer.widen, x, rows, projected_)
                                        : linear<RELU>(layer.widen, x, rows, projected_);
    add_norm(x, linear(layer.narrow, wide, rows, y_), layer.norm, rows);
  }

  // Each source's rows to all its rows.
  void attend_sources(const float* projected, const std::vector<int>& starts, float* mixed) {
    const int heads = network.shape.encoder_heads, size = network.shape.width / heads;
    const int sources = static_cast<int>(starts.size()) - 1;
    int longest = 0;
    for (int s = 0; s < sources; ++s) longest = std::max(longest, starts[s + 1] - starts[s]);
    make_scratch(Past::footprint(longest, size) + 4 * rounded_up(longest, LANES));
    parallel(threads, sources * heads, [&](int index, int thread) {
      const int start = starts[index / heads], count = starts[index / heads + 1] - start;
      const size_t at = index % heads * size;
      const float* queries = projected + start * 3 * width_ + at;
      float* memory = scratch_[thread].get();
      const Past past = arranged(queries + width_, queries + 2 * width_, 3 * width_, count, size, memory);
      float* scores = memory + Past::footprint(count, size);
      attend(queries, count, 3 * width_, past, size, scores, mixed + start * width_ + at, width_);
    });
  }

  // Makes the keys and values of the sources for each layer of the decoder.
  void remember(const float* x, const std::vector<int>& starts) {
    const int heads = network.shape.decoder_heads, size = network.shape.width / heads;
    sources_ = static_cast<int>(starts.size()) - 1;
    std::vector<size_t> places(1, 0);  // of each source's head in a layer's memory
    for (int index = 0; index < sources_ * heads; ++index) {
      const int count = starts[index / heads + 1] - starts[index / heads];
      places.push_back(places.back() + Past::footprint(count, size));
      longest_ = std::max(longest_, count);
    }
    float* memory = cross_memory_.room(places.back() * network.decoder.size());
    cross_.resize(network.decoder.size() * sources_ * heads);
    for (size_t l = 0; l < network.decoder.size(); ++l) {
      const float* made = linear(network.decoder[l].keys_values, x, starts.back(), projected_);
      parallel(threads, sources_ * heads, [&](int index, int) {
        const int start = starts[index / heads], count = starts[index / heads + 1] - start;
        const float* keys = made + start * 2 * width_ + index % heads * size;
        float* place = memory + l * places.back() + places[index];
        cross_[l * sources_ * heads + index] = arranged(keys, keys + width_, 2 * width_, count, size, place);
      });
    }
  }

  // Each row to what its beam has written, which this position's row is the last of.
  void look_back(const float* projected, const std::vector<Row>& rows, size_t layer, float* mixed) {
    const int heads = network.shape.decoder_heads, count = static_cast<int>(own_.size());
    make_scratch(static_cast<size_t>(heads) * rounded_up(count, LANES));
    for (std::vector<const float*>& past : past_) past.resize(count);
    parallel(threads, static_cast<int>(rows.size()), [&](int r, int thread) {
      const float** past = past_[thread].data();
      for (int p = 0; p < count; ++p) {
        const int row = p + 1 < count ? rows[r].rows[p] : r;
        past[p] = own_[p].get() + (layer * own_rows_[p] + row) * 2 * width_;
      }
      const float* query = projected + r * 3 * width_;
      attend_own(query, past, count, heads, network.shape.width, scratch_[thread].get(), mixed + r * width_);
    });
  }

  // The rows of each source to its keys and values; they follow each other.
  void look_at_source(const float* queries, const std::vector<Row>& rows, size_t layer, float* mixed) {
    const int heads = network.shape.decoder_heads, size = network.shape.width / heads;
    starts_.clear();
    for (size_t r = 0; r < rows.size(); ++r)
      if (r == 0 || rows[r].source != rows[r - 1].source) starts_.push_back(static_cast<int>(r));
    starts_.push_back(static_cast<int>(rows.size()));
    make_scratch(4 * rounded_up(longest_, LANES));
    parallel(threads, static_cast<int>(starts_.size() - 1) * heads, [&](int index, int thread) {
      const int from = starts_[index / heads], count = starts_[index / heads + 1] - from, head = index % heads;
      const Past& past = cross_[(layer * sources_ + rows[from].source) * heads + head];
      const size_t place = from * width_ + head * size;
      attend(queries + place, count, width_, past, size, scratch_[thread].get(), mixed + place, width_);
    });
  }

  void make_scratch(size_t count) {
    for (Buffer<float>& scratch : scratch_) scratch.room(count);
  }

  const size_t width_;
  Quantized quantized_;
  Buffer<float> x_, y_, projected_, mixed_, cross_memory_;
  std::vector<Buffer<float>> scratch_;           // of each thread
  std::vector<std::vector<const float*>> past_;  // of each thread: the positions of a row
  std::vector<Past> cross_;                      // [layers][sources][heads]
  std::vector<Buffer<float>> own_;               // keys and values at each position, [layers][rows then][2 widths]
  std::vector<int> own_rows_;                    // the rows then
  std::vector<int> starts_;
  int sources_ = 0, longest_ = 0;
};

}  // namespace depesche
