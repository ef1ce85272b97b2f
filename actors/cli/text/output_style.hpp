#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace belfry::shell {

/// How listings for people look. The default is what a pipe or a file gets: whole and plain.
struct output_style {
  std::optional<std::size_t> width{}; ///< of the terminal, in letters; nothing: without a limit
  bool is_colored = false;
  bool is_wide = false;     ///< all columns, not cut to fit a narrow terminal
  bool is_relative = false; ///< times in tables as distances from now
};

/// The style for the standard output: on a terminal fitting, relative, and coloured unless the user
/// does not want it.
[[nodiscard]] output_style style_of_output();

/// The code of the colour (of `ESC [ … m`) that shows this state of a task, a queue or a schedule;
/// empty: none.
[[nodiscard]] std::string_view color_of_state(std::string_view state);

/// `text` in the colour of this code; `text` itself for none.
[[nodiscard]] std::string in_color(const std::string& text, std::string_view code);

} // namespace belfry::shell
