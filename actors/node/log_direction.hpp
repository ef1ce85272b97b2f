#pragma once

#include "belfry/log_options.hpp"

#include <spdlog/sinks/sink.h>

#include <memory>
#include <optional>

namespace belfry {

struct directed_log;

/// Directs the log of this process while a node exists: all nodes of a process share one log, and
/// the latest options decide.
///
/// Without options a program's own default logger of spdlog is used as it is. If the program has
/// set none, lines go to the standard error: the standard output is the program's.
///
/// May be used from any thread. Requires: no thread logs by spdlog while the first one of a process
/// is made, since spdlog does not guard its default logger.
class log_direction {
public:
  explicit log_direction(const std::optional<log_options>& options);
  /// Unless later options are in effect, the log goes again to the logger that the program had, or
  /// to the standard error. No call of the sink is running or comes afterwards.
  ~log_direction();
  log_direction(const log_direction&) = delete;
  log_direction& operator=(const log_direction&) = delete;

private:
  std::shared_ptr<directed_log> log_; // Null: there were no options.
  spdlog::sink_ptr sink_;             // Of the options.
};

} // namespace belfry
