#pragma once

#include "belfry/actors/client.hpp"

#include <CLI/App.hpp>

#include <optional>
#include <string>
#include <vector>

namespace belfry::shell {

/// Options whose text is checked while the command line is read: a bad one is a usage error that
/// names the option, what it holds and what was expected.
CLI::Option* add_duration(CLI::App& command, const std::string& name, duration& to,
                          const std::string& help);
/// As `add_duration`; a time without an offset is local to `zone` at the time of reading.
CLI::Option* add_instant(CLI::App& command, const std::string& name, std::optional<instant>& to,
                         const std::string& zone, const std::string& help);
CLI::Option* add_states(CLI::App& command, std::vector<task_state>& to);
CLI::Option* add_task_ids(CLI::App& command, std::vector<task_id>& to, const std::string& help);

/// `--queue`, `--kind`, `--due-from` and `--due-to`.
void add_filter(CLI::App& command, task_filter& to, const std::string& zone);

/// Ends the reading of the command line with a usage error unless `is_met`.
void require(bool is_met, const std::string& name, const std::string& what);

} // namespace belfry::shell
