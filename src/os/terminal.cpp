#include "os/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <string_view>

namespace belfry {

namespace {

/// A number from 1 to 10,000 in the variable `name`, otherwise `fallback`.
std::size_t number_in(const char* name, std::size_t fallback) {
  const char* value = std::getenv(name);
  const std::string_view text{value ? value : ""};
  std::size_t number = 0;
  const auto* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  const bool is_number = read.ec == std::errc{} && read.ptr == end;
  return is_number && number >= 1 && number <= 10'000 ? number : fallback;
}

} // namespace

std::optional<terminal_size> output_terminal() {
  if (::isatty(STDOUT_FILENO) != 1)
    return std::nullopt;
  terminal_size size;
  winsize window{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0 && window.ws_row > 0)
    size = {window.ws_col, window.ws_row};
  return terminal_size{number_in("COLUMNS", size.columns), number_in("LINES", size.rows)};
}

bool can_ask() {
  return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1;
}

bool are_colors_wanted() {
  const char* refusal = std::getenv("NO_COLOR");
  const char* kind = std::getenv("TERM");
  const std::string_view name{kind ? kind : ""};
  return (!refusal || !*refusal) && !name.empty() && name != "dumb";
}

std::FILE* gathering_stream(int descriptor) {
  constexpr std::size_t line_bytes_max = 64 * 1024;
  std::FILE* stream = ::fdopen(descriptor, "w");
  if (stream)
    std::setvbuf(stream, nullptr, _IOFBF, line_bytes_max);
  return stream;
}

} // namespace belfry
