#pragma once

#include "belfry/time.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace belfry {

/// Estimates the available disk space without a system call each time: between two measurements it
/// subtracts the bytes written. Not thread-safe.
class space_gauge {
public:
  using measurement = std::function<std::uint64_t()>;

  /// `measure` is called when the last measurement is `measurement_ttl` old.
  space_gauge(measurement measure, duration measurement_ttl)
      : measure_(std::move(measure)), measurement_ttl_(measurement_ttl) {}

  /// Bytes that may be written now.
  [[nodiscard]] std::uint64_t available_bytes();

  /// Counts `bytes` as written.
  void count_written(std::uint64_t bytes) { spent_ += bytes; }

private:
  measurement measure_;
  duration measurement_ttl_;
  std::chrono::steady_clock::time_point measured_at_;
  std::uint64_t measured_ = 0;
  std::uint64_t spent_ = 0;
  bool is_measured_ = false;
};

/// Bytes that an unprivileged process may still write to the disk of `directory`; 0 if unknown.
[[nodiscard]] std::uint64_t free_bytes_of(const std::string& directory);

} // namespace belfry
