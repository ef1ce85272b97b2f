#pragma once

#include <cstdint>
#include <string>

namespace belfry::bench {

/// Microseconds of Unix time. All processes of a run are on one machine and share the clock.
[[nodiscard]] std::int64_t now_us();

/// The record of one run of a task.
struct run_record {
  std::int64_t id = 0;
  std::int64_t reference_us = 0; ///< when it was submitted or, if delayed, due
  std::int64_t start_us = 0;     ///< when its handler began
};

/// 128 bytes of JSON that carry a task's number and its reference time.
[[nodiscard]] std::string make_payload(std::int64_t id, std::int64_t reference_us);

/// Reads what `make_payload` wrote; the start stays 0. Ends the process if it was changed.
[[nodiscard]] run_record read_payload(const std::string& payload);

/// Prints the error and ends the process with status 3.
[[noreturn]] void die(const std::string& reason);

} // namespace belfry::bench
