#include "cli/text/output_style.hpp"

#include "os/terminal.hpp"

#include <array>
#include <utility>

namespace belfry::shell {

output_style style_of_output() {
  const auto terminal = output_terminal();
  if (!terminal)
    return {};
  return {.width = terminal->columns,
          .is_colored = are_colors_wanted(),
          .is_wide = false,
          .is_relative = true};
}

std::string_view color_of_state(std::string_view state) {
  constexpr std::string_view red = "31";
  constexpr std::string_view green = "32";
  constexpr std::string_view yellow = "33";
  constexpr std::string_view blue = "34";
  constexpr std::string_view cyan = "36";
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 9> colors{{
      {"dead", red},
      {"running", blue},
      {"succeeded", green},
      {"paused", yellow},
      {"parked", yellow},
      {"expired", yellow},
      {"draining", yellow},
      {"reserved", cyan},
      {"ready", cyan},
  }};
  for (const auto& [name, code] : colors)
    if (name == state)
      return code;
  return {};
}

std::string in_color(const std::string& text, std::string_view code) {
  return code.empty() ? text : "\033[" + std::string{code} + "m" + text + "\033[0m";
}

} // namespace belfry::shell
