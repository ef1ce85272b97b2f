#pragma once

#include "cli/program.hpp"

#include <CLI/App.hpp>

namespace belfry::shell {

/// Adds pause, resume, trigger, show and set to the command `schedule`.
void add_schedule_commands(CLI::App& schedule, program& belfry);

} // namespace belfry::shell
