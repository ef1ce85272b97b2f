#pragma once

#include "cli/program.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::shell {

/// The first `count` times after `now` at which the schedule is due; fewer if there are not so many
/// within the reach of its rule, none if its line is malformed or `@reboot`.
[[nodiscard]] std::vector<instant> next_times(const schedule_spec& spec, instant now,
                                              std::size_t count);

/// `times` on one line, as local times of `zone`. Of a time on the day, or in the year, of the one
/// before only the rest is shown: `2026-12-01 03:00:00, 03:05:00, 12-02 03:00:00`.
[[nodiscard]] std::string next_times_text(const std::vector<instant>& times,
                                          const std::string& zone);

/// When a schedule with the line `when` is due next: `at boot`, or `times` in `zone`.
[[nodiscard]] std::string due_text(const cron_spec& when, const std::vector<instant>& times,
                                   const std::string& zone);

/// Writes a note about a schedule that is set to the standard error, with the line of the file that
/// it is about. With --json it is an object: `{"notice": "schedule", "line": …, "text": …}`.
void print_note(const program& belfry, std::optional<std::size_t> line, std::string_view text);

} // namespace belfry::shell
