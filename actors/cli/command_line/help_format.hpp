#pragma once

#include <CLI/App.hpp>

#include <cstddef>
#include <string>

namespace belfry::shell {

/// The words of `text` in lines that end before the column `width`. All but the first line begin
/// with `indentation` spaces; the first is to be printed at that column, too. Longer words stay
/// whole.
[[nodiscard]] std::string wrapped(const std::string& text, std::size_t width,
                                  std::size_t indentation);

/// Has the help of `app`, and of the commands that are added to it later, fit the terminal, or 100
/// columns elsewhere.
void format_help(CLI::App& app);

/// Puts the commands of `app` under headings. Requires: they are added.
void group_commands(CLI::App& app);

} // namespace belfry::shell
