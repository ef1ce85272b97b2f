#pragma once

#include <spdlog/formatter.h>

#include <memory>
#include <string>

namespace belfry::shell {

/// Writes each line of the log as one JSON object:
///
///     {"time":"2026-11-24T12:00:00.250Z","level":"info","node":"tower","pid":4711,
///      "message":"shard.serving shard=0 epoch=480000"}
///
/// Each is on one line and fit for a terminal. Bytes of a message that are not UTF-8 become the
/// text `\xff`.
[[nodiscard]] std::unique_ptr<spdlog::formatter> json_log_formatter(const std::string& node,
                                                                    int pid);

} // namespace belfry::shell
