// Linear maps in eight bits: a row of activations has a scale, and so has a column of weights.
#pragma once

#include "vectors.h"

namespace depesche {

constexpr int PANEL = 64;  // columns that lie together, four vectors
constexpr int GROUP = 4;   // of their weights lie side by side: what one instruction sums
constexpr int TILE = 6;    // rows at a time: with four vectors each, they fill the registers

// y = x W + b, where W is in panels of [in / GROUP][PANEL][GROUP] weights, each 128 too large.
struct Linear {
  int in, out;
  const uint8_t* weights;
  const float *scales, *bias;

  size_t panel() const { return static_cast<size_t>(rounded_up(in, GROUP)) * PANEL; }
  int panels() const { return rounded_up(out, PANEL) / PANEL; }
  // The weights of a column, as floats.
  float at(int row, int column) const {
    const size_t place = (row / GROUP * PANEL + column % PANEL) * GROUP + row % GROUP;
    return (weights[column / PANEL * panel() + place] - 128) * scales[column];
  }
};

// Rows of activations in eight bits.
class Quantized {
 public:
  int rows = 0;
  size_t width = 0;  // a multiple of GROUP
  int8_t* values = nullptr;
  float* scales = nullptr;  // of a row: what a step of its values is worth
  int32_t* sums = nullptr;  // of a row's values: 128 of each is too much in every product

  // Rounds x, [rows, count].
  void take(const float* x, int rows, int count, int threads) {
    this->rows = rows;
    width = rounded_up(count, GROUP);
    values = memory_.room(rows * width);
    scales = scale_memory_.room(rows);
    sums = sum_memory_.room(rows);
    parallel(threads, rows, [&](int row, int) { quantize(x + static_cast<size_t>(row) * count, row, count); });
  }

 private:
  void quantize(const float* x, int row, int count) {
    int8_t* to = values + row * width;
    __m512 high = _mm512_setzero_ps();
    for (int i = 0; i < count; i += LANES)
      high = _mm512_max_ps(high, _mm512_abs_ps(_mm512_maskz_loadu_ps(lanes(i, count), x + i)));
    const float most = _mm512_reduce_max_ps(high);
    const __m512 factor = _mm512_set1_ps(most != 0 ? 127.0f / most : 1.0f);
    __m512i sum = _mm512_setzero_si512();
    for (int i = 0; i < static_cast<int>(width); i += LANES) {
      const __mmask16 mask = i < count ? lanes(i, count) : 0;
      const __m512 exact = _mm512_mul_ps(_mm512_maskz_loadu_ps(mask, x + i), factor);
      // What is no number would be the least int; with many of them the sum would overflow.
      const __m512i q = _mm512_max_epi32(_mm512_cvtps_epi32(exact), _mm512_set1_epi32(-127));
      sum = _mm512_add_epi32(sum, q);
      _mm_mask_storeu_epi8(to + i, lanes(i, width), _mm512_cvtsepi32_epi8(q));
    }
    scales[row] = most != 0 ? most / 127.0f : 1.0f;
    sums[row] = _mm512_reduce_add_epi32(sum);
  }

  Buffer<int8_t> memory_;
  Buffer<float> scale_memory_;
  Buffer<int32_t> sum_memory_;
};

// The rows of a tile with one panel, to y, whose rows are `stride` apart. Where loops are not unrolled,
// GCC keeps the sums in memory, and a product takes twice as long.
template <int rows, int activation>
void multiply_tile(const Quantized& x, int row, const Linear& map, int panel, float* y, size_t stride) {
  constexpr int VECTORS = PANEL / LANES;
  __m512i sums[rows][VECTORS];
  UNROLLED
  for (int r = 0; r < rows; ++r) {
    UNROLLED
    for (int v = 0; v < VECTORS; ++v) sums[r][v] = _mm512_setzero_si512();
  }
  const uint8_t* w = map.weights + panel * map.panel();
  const int8_t* values = x.values + row * x.width;
  for (size_t k = 0; k < x.width; k += GROUP, w += PANEL * GROUP) {
    __m512i weights[VECTORS];
    UNROLLED
    for (int v = 0; v < VECTORS; ++v) weights[v] = _mm512_load_si512(w + v * LANES * GROUP);
    UNROLLED
    for (int r = 0; r < rows; ++r) {
      int32_t group;
      __builtin_memcpy(&group, values + r * x.width + k, GROUP);
      const __m512i four = _mm512_set1_epi32(group);
      UNROLLED
      for (int v = 0; v < VECTORS; ++v) sums[r][v] = _mm512_dpbusd_epi32(sums[r][v], weights[v], four);
    }
  }
  UNROLLED
  for (int v = 0; v < VECTORS; ++v) {
    const int column = panel * PANEL + v * LANES;
    if (column >= map.out) break;
    const __mmask16 mask = lanes(column, map.out);
    const __m512 scale = _mm512_loadu_ps(map.scales + column);
    const __m512 bias = _mm512_loadu_ps(map.bias + column);
    UNROLLED
    for (int r = 0; r < rows; ++r) {
      const __m512i exact = _mm512_sub_epi32(sums[r][v], _mm512_set1_epi32(128 * x.sums[row + r]));
      const __m512 factor = _mm512_mul_ps(scale, _mm512_set1_ps(x.scales[row + r]));
      const __m512 value = _mm512_fmadd_ps(_mm512_cvtepi32_ps(exact), factor, bias);
      _mm512_mask_storeu_ps(y + r * stride + v * LANES, mask, activated<activation>(value));
    }
  }
}

template <int activation>
void multiply_panel(const Quantized& x, int from, int to, const Linear& map, int panel, float* y, size_t stride) {
  // Tiles of nearly one size, so that no last one is all overhead.
  for (int row = from, tiles = (to - from + TILE - 1) / TILE; row < to; --tiles) {
    const int rows = (to - row + tiles - 1) / tiles;
    float* into = y + row * stride;
    switch (rows) {
      case 1: multiply_tile<1, activation>(x, row, map, panel, into, stride); break;
      case 2: multiply_tile<2, activation>(x, row, map, panel, into, stride); break;
      case 3: multiply_tile<3, activation>(x, row, map, panel, into, stride); break;
      case 4: multiply_tile<4, activation>(x, row, map, panel, into, stride); break;
      case 5: multiply_tile<5, activation>(x, row, map, panel, into, stride); break;
      default: multiply_tile<6, activation>(x, row, map, panel, into, stride);
    }
    row += rows;
  }
}

// y, [rows, out] = x W + b, activated.
template <int activation>
void multiply(const Quantized& x, const Linear& map, float* y, int threads) {
  const int block = std::max(TILE, static_cast<int>((1 << 18) / x.width));  // rows that the cache holds meanwhile
  for (int from = 0; from < x.rows; from += block)
    parallel(threads, map.panels(), [&](int panel, int) {
      multiply_panel<activation>(x, from, std::min(from + block, x.rows), map, panel, y + panel * PANEL, map.out);
    });
}

}  // namespace depesche
