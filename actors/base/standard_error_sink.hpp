#pragma once

#include <spdlog/details/console_globals.h>
#include <spdlog/sinks/ansicolor_sink.h>

namespace belfry {

/// A log on the standard error, in colours on a terminal that wants them. Each line is one system
/// call, so that the lines of processes that share a terminal do not mix: spdlog's own sink writes
/// a coloured line in five parts.
class standard_error_sink : public spdlog::sinks::ansicolor_sink<spdlog::details::console_mutex> {
public:
  standard_error_sink();
};

} // namespace belfry
