#pragma once

#include <CLI/App.hpp>

#include <string>

namespace belfry::shell {

/// `--log-level` and `--log-format`.
struct log_flags {
  std::string level = "info";
  bool is_json = false;
};

void add_log(CLI::App& node, log_flags& to);

/// Makes the log of this process so. Lines of JSON bear the name of the node.
void set_up_log(const log_flags& flags, const std::string& node);

} // namespace belfry::shell
