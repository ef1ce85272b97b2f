#pragma once

#include <spdlog/details/console_globals.h>
#include <spdlog/sinks/ansicolor_sink.h>

#include <cstdio>

namespace belfry {

/// A log on the standard error, in colours on a terminal that wants them. Each line is one system
/// call, so that the lines of processes that share a terminal do not mix: spdlog's own sink writes
/// a coloured line in five parts.
class standard_error_sink : public spdlog::sinks::ansicolor_sink<spdlog::details::console_mutex> {
public:
  standard_error_sink();
};

/// A stream of its own for `descriptor`, which writes what it is given when it is flushed. Null if
/// the descriptor cannot be written to.
[[nodiscard]] std::FILE* gathering_stream(int descriptor);

} // namespace belfry
