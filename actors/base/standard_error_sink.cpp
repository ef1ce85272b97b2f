#include "base/standard_error_sink.hpp"

#include "os/terminal.hpp"

namespace belfry {

namespace {

/// Never closed: others write to the standard error, too.
std::FILE* error_stream() {
  static std::FILE* const gathering = gathering_stream(fileno(stderr));
  return gathering ? gathering : stderr;
}

spdlog::color_mode colors() {
  return are_colors_wanted() ? spdlog::color_mode::automatic : spdlog::color_mode::never;
}

} // namespace

standard_error_sink::standard_error_sink() : ansicolor_sink(error_stream(), colors()) {}

} // namespace belfry
