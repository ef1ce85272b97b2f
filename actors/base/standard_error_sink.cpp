#include "base/standard_error_sink.hpp"

#include "os/terminal.hpp"

#include <unistd.h>

namespace belfry {

namespace {

constexpr std::size_t line_bytes_max = 64 * 1024; // Longer lines are written in parts.

/// Never closed: others write to the standard error, too.
std::FILE* error_stream() {
  static std::FILE* const gathering = gathering_stream(STDERR_FILENO);
  return gathering ? gathering : stderr;
}

spdlog::color_mode colors() {
  return are_colors_wanted() ? spdlog::color_mode::automatic : spdlog::color_mode::never;
}

} // namespace

standard_error_sink::standard_error_sink() : ansicolor_sink(error_stream(), colors()) {}

std::FILE* gathering_stream(int descriptor) {
  std::FILE* stream = ::fdopen(descriptor, "w");
  if (stream)
    std::setvbuf(stream, nullptr, _IOFBF, line_bytes_max);
  return stream;
}

} // namespace belfry
