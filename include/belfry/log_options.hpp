#pragma once

#include "belfry/time.hpp"

#include <cstdint>
#include <functional>
#include <string_view>

namespace belfry {

/// How important a line of a log is, in rising order. `off` is above all lines.
enum class log_level : std::uint8_t { debug, info, warning, error, off };

/// `debug`, `info`, …
std::string_view to_string(log_level level);

/// One line of the log of a node.
struct log_line {
  log_level level = log_level::info;
  instant at{};
  std::string_view text{}; ///< `node.started name=tower …`, without an end of line
};

/// Where the log of a process goes, and how much of it.
struct log_options {
  log_level level = log_level::info; ///< less important lines are dropped
  /// Gets each line, from any thread and one at a time; empty: lines go to the standard error. The
  /// text is valid during the call. It must not block, and must not log by spdlog itself.
  std::function<void(const log_line&)> sink{};
};

} // namespace belfry
