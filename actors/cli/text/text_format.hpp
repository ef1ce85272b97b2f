#pragma once

#include "cli/program.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace belfry::shell {

/// Texts for people. Times are in the program's zone, and say how far away they are.
[[nodiscard]] std::string format_time(const program& belfry, instant at);
/// As `format_time`, with `(in 5min)` or `(3h ago)` behind it.
[[nodiscard]] std::string format_relative_time(const program& belfry, instant at);
/// For the cell of a table: as the style says, `format_time`, or `in 5min` and `3h ago`.
[[nodiscard]] std::string format_time_cell(const program& belfry, instant at);
/// `1,234,567`.
[[nodiscard]] std::string format_number(std::uint64_t number);
[[nodiscard]] std::string format_count(std::size_t count, const std::string& noun);

/// The state with its attempts and lost workers: `running, attempt 2 of 5`.
[[nodiscard]] std::string format_state(const task_info& task);
/// `paused`, `parked` or `active`.
[[nodiscard]] std::string format_state(const schedule_info& schedule);

/// `node tower, version 0.1.0, up 2h, 2 of 2 shards serving`, and that it is stopping.
[[nodiscard]] std::string format_node(const node_status& status);

/// How often it retries, and when: `4 times, after 1s, doubled each time up to 1h; dead after 3
/// lost workers`.
[[nodiscard]] std::string format_retry(const retry_policy& retry);

/// Writes `belfry: text` and a line end to the standard error. What is not printable is escaped:
/// texts of failures quote names that others chose.
void print_complaint(std::string_view text);

} // namespace belfry::shell
