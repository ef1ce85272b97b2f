#pragma once

#include "cli/program.hpp"
#include "cli/text/json_text.hpp"

#include <string>

namespace belfry::shell {

/// Says on the standard error what a user of the terminal should know, though the command goes on:
/// `text`, or with `--json` the `document`, an object with the member `notice`.
void print_notice(const program& belfry, const json& document, const std::string& text);

} // namespace belfry::shell
