#pragma once

#include "cli/program.hpp"

#include <iosfwd>
#include <vector>

namespace belfry::shell {

/// Schedules for people: a table, and below it a line for each parked schedule that says why.
void print_schedules(std::ostream& out, const program& belfry,
                     const std::vector<schedule_info>& schedules);

} // namespace belfry::shell
