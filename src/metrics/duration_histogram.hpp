#pragma once

#include "belfry/time.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace belfry {

/// Counts durations by size. The bounds are 1 ms · 2^n up to 35 min, and 10 s, 1 min and 1 h
/// exactly, on which people agree:
///
///     1 ms, 2 ms, 4 ms, … 8.192 s, 10 s, 16.384 s, 32.768 s, 1 min, 65.536 s, … 2097.152 s, 1 h
///
/// It has 216 bytes. Adding is O(1), without a loop.
class duration_histogram {
public:
  static constexpr std::array<std::int64_t, 25> bounds_ms{
      1,      2,       4,       8,       16,        32,        64,       128,    256,
      512,    1024,    2048,    4096,    8192,      10'000,    16'384,   32'768, 60'000,
      65'536, 131'072, 262'144, 524'288, 1'048'576, 2'097'152, 3'600'000};

  /// Negative values count as 0.
  void add(duration value) {
    const auto ms = static_cast<std::uint64_t>(std::max<duration::rep>(value.count(), 0));
    ++counts_[bucket_of(ms)];
    sum_ms_ += ms;
  }

  /// How many of the durations were at most `bounds_ms[bucket]` and greater than the bound before
  /// it; `bucket` is `bounds_ms.size()`: greater than all bounds.
  [[nodiscard]] std::uint64_t count(std::size_t bucket) const { return counts_[bucket]; }
  [[nodiscard]] std::uint64_t total() const {
    std::uint64_t total = 0;
    for (const auto count : counts_)
      total += count;
    return total;
  }
  [[nodiscard]] std::uint64_t sum_ms() const { return sum_ms_; }

  duration_histogram& operator+=(const duration_histogram& other) {
    for (std::size_t i = 0; i < counts_.size(); ++i)
      counts_[i] += other.counts_[i];
    sum_ms_ += other.sum_ms_;
    return *this;
  }

private:
  static std::size_t bucket_of(std::uint64_t ms) {
    const auto power = ms <= 1 ? std::size_t{0} : static_cast<std::size_t>(std::bit_width(ms - 1));
    const std::size_t exact =
        (ms > 10'000 ? 1U : 0U) + (ms > 60'000 ? 1U : 0U) + (ms > 3'600'000 ? 1U : 0U);
    return std::min(power + exact, bounds_ms.size());
  }

  std::array<std::uint64_t, bounds_ms.size() + 1> counts_{};
  std::uint64_t sum_ms_ = 0;
};

} // namespace belfry
