// Multi-head attention: to keys and values that lie together, and of beams to their own past.
#pragma once

#include "vectors.h"

namespace depesche {

// A head's keys and values for `count` positions.
struct Past {
  const float* keys;    // [size of a head][stride]: a vector has one number of sixteen positions
  const float* values;  // [count][size of a head]
  int count, stride;    // the stride is a multiple of LANES

  static size_t footprint(int count, int size) { return static_cast<size_t>(rounded_up(count, LANES) + count) * size; }
};

// A head's keys and values, of rows that are `width` apart, arranged in memory of its footprint.
inline Past arranged(const float* keys, const float* values, size_t width, int count, size_t size, float* memory) {
  const size_t stride = rounded_up(count, LANES);
  float* to = memory + stride * size;
  for (int p = 0; p < count; ++p) std::copy_n(values + p * width, size, to + p * size);
  for (size_t i = 0; i < size; ++i) {
    for (int p = 0; p < count; ++p) memory[i * stride + p] = keys[p * width + i];
    std::fill(memory + i * stride + count, memory + (i + 1) * stride, 0.0f);
  }
  return {memory, to, count, static_cast<int>(stride)};
}

// One to four queries to a head's past; `scores` has room for its stride times as many.
template <int rows>
void attend_rows(const float* queries, size_t width, const Past& past, int size, float* scores, float* out,
                 size_t out_width) {
  const __m512 factor = _mm512_set1_ps(1.0f / std::sqrt(static_cast<float>(size)));
  for (int p = 0; p < past.stride; p += LANES) {
    __m512 sums[rows];
    UNROLLED
    for (int r = 0; r < rows; ++r) sums[r] = _mm512_setzero_ps();
    const float* keys = past.keys + p;
    for (int i = 0; i < size; ++i, keys += past.stride) {
      const __m512 key = _mm512_loadu_ps(keys);
      UNROLLED
      for (int r = 0; r < rows; ++r) sums[r] = _mm512_fmadd_ps(_mm512_set1_ps(queries[r * width + i]), key, sums[r]);
    }
    UNROLLED
    for (int r = 0; r < rows; ++r) _mm512_storeu_ps(scores + r * past.stride + p, _mm512_mul_ps(sums[r], factor));
  }
  for (int r = 0; r < rows; ++r) softmax(scores + r * past.stride, past.count, past.stride);
  for (int i = 0; i < size; i += LANES) {
    const __mmask16 mask = lanes(i, size);
    __m512 sums[rows];
    UNROLLED
    for (int r = 0; r < rows; ++r) sums[r] = _mm512_setzero_ps();
    const float* values = past.values + i;
    for (int p = 0; p < past.count; ++p, values += size) {
      const __m512 value = _mm512_maskz_loadu_ps(mask, values);
      UNROLLED
      for (int r = 0; r < rows; ++r)
        sums[r] = _mm512_fmadd_ps(_mm512_set1_ps(scores[r * past.stride + p]), value, sums[r]);
    }
    UNROLLED
    for (int r = 0; r < rows; ++r) _mm512_mask_storeu_ps(out + r * out_width + i, mask, sums[r]);
  }
}

// A head's queries of some rows to its past; `scores` has room for four times its stride.
inline void attend(const float* queries, int rows, size_t width, const Past& past, int size, float* scores, float* out,
                   size_t out_width) {
  for (int row = 0; row < rows; row += 4) {
    const float* from = queries + row * width;
    float* to = out + row * out_width;
    switch (std::min(4, rows - row)) {
      case 1: attend_rows<1>(from, width, past, size, scores, to, out_width); break;
      case 2: attend_rows<2>(from, width, past, size, scores, to, out_width); break;
      case 3: attend_rows<3>(from, width, past, size, scores, to, out_width); break;
      default: attend_rows<4>(from, width, past, size, scores, to, out_width);
    }
  }
}

// All heads of one row to the `count` positions of its past, whose keys and then values, `width`
// each, are wherever the beam was then. `scores` has room for a stride of `count` a head.
inline void attend_own(const float* query, const float* const* past, int count, int heads, int width, float* scores,
                       float* out) {
  const int size = width / heads, stride = rounded_up(count, LANES);
  const float factor = 1.0f / std::sqrt(static_cast<float>(size));
  for (int p = 0; p < count; ++p)
    for (int head = 0; head < heads; ++head) {
      const float *q = query + head * size, *k = past[p] + head * size;
      __m512 sum = _mm512_setzero_ps();
      for (int i = 0; i < size; i += LANES) {
        const __mmask16 mask = lanes(i, size);
        sum = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(mask, q + i), _mm512_maskz_loadu_ps(mask, k + i), sum);
      }
      scores[head * stride + p] = _mm512_reduce_add_ps(sum) * factor;
    }
  for (int head = 0; head < heads; ++head) {
    softmax(scores + head * stride, count, stride);
    for (int i = 0; i < size; i += LANES) {
      const __mmask16 mask = lanes(i, size);
      __m512 sum = _mm512_setzero_ps();
      for (int p = 0; p < count; ++p)
        sum = _mm512_fmadd_ps(_mm512_set1_ps(scores[head * stride + p]),
                              _mm512_maskz_loadu_ps(mask, past[p] + width + head * size + i), sum);
      _mm512_mask_storeu_ps(out + head * size + i, mask, sum);
    }
  }
}

}  // namespace depesche
