#pragma once

#include "cli/program.hpp"

#include <string>

namespace belfry::shell {

/// Texts for people. Times are in the program's zone, and say how far away they are.
[[nodiscard]] std::string time_words(const program& belfry, instant at);
/// As `time_words`, with `(in 5min)` or `(3h ago)` behind it.
[[nodiscard]] std::string time_and_distance(const program& belfry, instant at);
[[nodiscard]] std::string count_words(std::size_t count, const std::string& noun);

/// The state, and what there is to say about it: `running, attempt 2 of 5`.
[[nodiscard]] std::string state_words(const task_info& task);

} // namespace belfry::shell
