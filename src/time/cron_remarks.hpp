#pragma once

#include "belfry/schedule.hpp"
#include "belfry/time.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace belfry {

/// What people often do not expect of a cron line, in words, for the one who sets it:
/// - both day fields are restricted, or one of them begins with `*` and is restricted, too;
/// - a step that does not divide its field (`*/7`), or that is greater than the field (`*/90`);
/// - a run that falls, in the year after `now`, into a time that the clocks skip or repeat, unless
///   `spec` has another policy for it than the default.
///
/// Nothing if the line is malformed. Complexity: some searches for each change of the clocks.
[[nodiscard]] std::vector<std::string> cron_remarks(const cron_spec& spec, std::uint64_t seed,
                                                    instant now);

} // namespace belfry
