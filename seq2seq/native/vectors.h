// Vectors of sixteen floats: what a network does besides its products. AVX-512 throughout.
#pragma once

#include <immintrin.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

#define UNROLLED _Pragma("GCC unroll 8")

namespace depesche {

constexpr int LANES = 16;

inline int rounded_up(int count, int multiple) { return (count + multiple - 1) / multiple * multiple; }

// Which lanes a vector at `index` of `count` values has.
inline __mmask16 lanes(int index, int count) {
  return count - index >= LANES ? 0xffff : static_cast<__mmask16>((1u << (count - index)) - 1);
}

// Memory on the boundary of a cache line that only grows; what it held is lost when it does.
template <class T>
class Buffer {
 public:
  T* room(size_t count) {
    if (count > size_) {
      void* memory = std::aligned_alloc(64, (count * sizeof(T) + 63) / 64 * 64);
      if (!memory) throw std::bad_alloc();
      memory_.reset(static_cast<T*>(memory));
      size_ = count;
    }
    return memory_.get();
  }
  T* get() const { return memory_.get(); }

 private:
  struct Free {
    void operator()(T* memory) const { std::free(memory); }
  };
  std::unique_ptr<T, Free> memory_;
  size_t size_ = 0;
};

// Calls work(index, thread) for each index below `count`, on this many threads.
template <class Work>
void parallel(int threads, int count, const Work& work) {
  if (threads == 1 || count == 1) {
    for (int index = 0; index < count; ++index) work(index, 0);
    return;
  }
#pragma omp parallel for num_threads(threads) schedule(static)
  for (int index = 0; index < count; ++index) work(index, omp_get_thread_num());
}

// e to the x, to the last bit but one: a Taylor series within half a power of two.
inline __m512 exp(__m512 x) {
  x = _mm512_max_ps(x, _mm512_set1_ps(-104.0f));  // below it e^x is 0 in floats; and no NaN of -inf
  const __m512 power = _mm512_roundscale_ps(_mm512_mul_ps(x, _mm512_set1_ps(1.44269504f)), 8);
  __m512 rest = _mm512_fnmadd_ps(power, _mm512_set1_ps(0.693359375f), x);
  rest = _mm512_fnmadd_ps(power, _mm512_set1_ps(-2.12194440e-4f), rest);
  __m512 sum = _mm512_set1_ps(1.0f / 5040);
  for (float term : {1.0f / 720, 1.0f / 120, 1.0f / 24, 1.0f / 6, 0.5f, 1.0f, 1.0f})
    sum = _mm512_fmadd_ps(sum, rest, _mm512_set1_ps(term));
  return _mm512_scalef_ps(sum, power);
}

enum Activation : int32_t { NONE = 0, RELU = 1, SWISH = 2, GELU = 3 };

template <int kind>
inline __m512 activated(__m512 x) {
  const __m512 one = _mm512_set1_ps(1.0f), zero = _mm512_setzero_ps();
  if constexpr (kind == RELU) return _mm512_max_ps(x, zero);
  if constexpr (kind == SWISH) {
    return _mm512_div_ps(x, _mm512_add_ps(one, exp(_mm512_sub_ps(zero, x))));
  }
  if constexpr (kind == GELU) {
    // The error function to 1.5e-7: Abramowitz and Stegun, 7.1.26.
    const __m512 z = _mm512_mul_ps(_mm512_abs_ps(x), _mm512_set1_ps(0.70710678f));
    const __m512 t = _mm512_div_ps(one, _mm512_fmadd_ps(z, _mm512_set1_ps(0.3275911f), one));
    __m512 sum = _mm512_set1_ps(1.061405429f);
    for (float term : {-1.453152027f, 1.421413741f, -0.284496736f, 0.254829592f})
      sum = _mm512_fmadd_ps(sum, t, _mm512_set1_ps(term));
    sum = _mm512_mul_ps(sum, t);
    const __m512 tail = _mm512_mul_ps(sum, exp(_mm512_sub_ps(zero, _mm512_mul_ps(z, z))));
    // x/2 (1 + erf): of a negative x, x/2 times the tail.
    const __mmask16 negative = _mm512_cmp_ps_mask(x, zero, _CMP_LT_OQ);
    const __m512 twice = _mm512_mask_blend_ps(negative, _mm512_sub_ps(_mm512_set1_ps(2.0f), tail), tail);
    return _mm512_mul_ps(_mm512_mul_ps(x, _mm512_set1_ps(0.5f)), twice);
  }
  return x;
}

// The weights that a softmax gives these scores, in place; those from `count` to `padded` are 0.
inline void softmax(float* scores, int count, int padded) {
  __m512 high = _mm512_set1_ps(-INFINITY);
  for (int i = 0; i < count; i += LANES)
    high = _mm512_mask_max_ps(high, lanes(i, count), high, _mm512_loadu_ps(scores + i));
  const __m512 most = _mm512_set1_ps(_mm512_reduce_max_ps(high));
  __m512 sum = _mm512_setzero_ps();
  for (int i = 0; i < padded; i += LANES) {
    const __mmask16 mask = i < count ? lanes(i, count) : 0;
    const __m512 e = _mm512_maskz_mov_ps(mask, exp(_mm512_sub_ps(_mm512_loadu_ps(scores + i), most)));
    sum = _mm512_add_ps(sum, e);
    _mm512_storeu_ps(scores + i, e);
  }
  const __m512 factor = _mm512_set1_ps(1.0f / _mm512_reduce_add_ps(sum));
  for (int i = 0; i < padded; i += LANES)
    _mm512_storeu_ps(scores + i, _mm512_mul_ps(_mm512_loadu_ps(scores + i), factor));
}

struct Norm {
  const float *gamma, *beta;
};

// x = the layer norm of x + more, where there is more.
inline void add_and_norm(float* x, const float* more, const Norm& norm, int width) {
  __m512 sum = _mm512_setzero_ps();
  for (int i = 0; i < width; i += LANES) {
    const __mmask16 mask = lanes(i, width);
    __m512 value = _mm512_maskz_loadu_ps(mask, x + i);
    if (more) value = _mm512_add_ps(value, _mm512_maskz_loadu_ps(mask, more + i));
    _mm512_mask_storeu_ps(x + i, mask, value);
    sum = _mm512_add_ps(sum, value);
  }
  const __m512 mean = _mm512_set1_ps(_mm512_reduce_add_ps(sum) / width);
  __m512 squares = _mm512_setzero_ps();
  for (int i = 0; i < width; i += LANES) {
    const __mmask16 mask = lanes(i, width);
    const __m512 off = _mm512_maskz_sub_ps(mask, _mm512_maskz_loadu_ps(mask, x + i), mean);
    squares = _mm512_fmadd_ps(off, off, squares);
  }
  const float variance = _mm512_reduce_add_ps(squares) / width;
  const __m512 factor = _mm512_set1_ps(1.0f / std::sqrt(variance + 1e-5f));
  for (int i = 0; i < width; i += LANES) {
    const __mmask16 mask = lanes(i, width);
    const __m512 off = _mm512_sub_ps(_mm512_maskz_loadu_ps(mask, x + i), mean);
    const __m512 scale = _mm512_mul_ps(factor, _mm512_maskz_loadu_ps(mask, norm.gamma + i));
    const __m512 beta = _mm512_maskz_loadu_ps(mask, norm.beta + i);
    _mm512_mask_storeu_ps(x + i, mask, _mm512_fmadd_ps(off, scale, beta));
  }
}

}  // namespace depesche
