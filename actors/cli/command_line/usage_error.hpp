#pragma once

#include <CLI/App.hpp>

#include <string>

namespace belfry::shell {

/// The command that the command line names: `set` of `queue set`; `app` itself: none.
[[nodiscard]] const CLI::App& chosen_command(const CLI::App& app);

/// Its words behind the name of the program: `belfry queue set`.
[[nodiscard]] std::string command_words(const CLI::App& app);

/// What is wrong with the command line, for people: which command or option there is not, and what
/// it may have been; otherwise the text of `error`. Requires: `app` has parsed, and threw `error`.
[[nodiscard]] std::string usage_complaint(const CLI::App& app, const CLI::ParseError& error);

} // namespace belfry::shell
