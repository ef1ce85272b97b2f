#include "node/log_direction.hpp"

#include "base/standard_error_sink.hpp"

#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/dist_sink.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace belfry {

/// The logger that takes the place of the program's, and may then change where its lines go. It
/// stays the default logger: threads that log may be using it.
struct directed_log {
  std::shared_ptr<spdlog::sinks::dist_sink_mt> outlets =
      std::make_shared<spdlog::sinks::dist_sink_mt>();
  std::shared_ptr<spdlog::logger> logger = std::make_shared<spdlog::logger>("belfry", outlets);
  std::shared_ptr<spdlog::logger> before; ///< the program's
};

namespace {

/// All that this process has had, the latest last. They are kept: threads may still be logging by
/// an earlier one. A program that changes its logger while it starts nodes adds one per change.
struct log_of_process {
  std::mutex mutex;
  std::vector<std::shared_ptr<directed_log>> all;
};

log_of_process& process_log() {
  static log_of_process log;
  return log;
}

log_level level_of(spdlog::level::level_enum level) {
  if (level <= spdlog::level::debug)
    return log_level::debug;
  if (level >= spdlog::level::err)
    return log_level::error;
  return level == spdlog::level::info ? log_level::info : log_level::warning;
}

spdlog::level::level_enum level_of(log_level level) {
  switch (level) {
  case log_level::debug:
    return spdlog::level::debug;
  case log_level::info:
    return spdlog::level::info;
  case log_level::warning:
    return spdlog::level::warn;
  case log_level::error:
    return spdlog::level::err;
  case log_level::off:
    break;
  }
  return spdlog::level::off;
}

/// Passes lines to a function of the program. The sink around it locks.
class function_sink : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
public:
  explicit function_sink(std::function<void(const log_line&)> take) : take_(std::move(take)) {}

private:
  void sink_it_(const spdlog::details::log_msg& line) override {
    take_({.level = level_of(line.level),
           .at = std::chrono::floor<duration>(line.time),
           .text = {line.payload.data(), line.payload.size()}});
  }
  void flush_() override {}

  const std::function<void(const log_line&)> take_;
};

spdlog::sink_ptr standard_error() {
  return std::make_shared<standard_error_sink>();
}

/// Whether it is the one that spdlog makes, for the standard output.
bool is_untouched(const spdlog::logger& logger) {
  return logger.name().empty();
}

/// What the log was before it was directed.
void restore(directed_log& log) {
  log.outlets->set_sinks(is_untouched(*log.before) ? std::vector{standard_error()}
                                                   : log.before->sinks());
  log.logger->set_level(log.before->level());
  log.logger->flush_on(log.before->flush_level());
}

/// The log that is the default one; a new one if the program has set another logger since.
std::shared_ptr<directed_log> current_log(log_of_process& process) {
  const auto current = spdlog::default_logger();
  if (!process.all.empty() && process.all.back()->logger == current)
    return process.all.back();
  auto log = std::make_shared<directed_log>();
  log->before = current;
  restore(*log);
  process.all.push_back(log);
  spdlog::set_default_logger(log->logger);
  return log;
}

} // namespace

log_direction::log_direction(const std::optional<log_options>& options) {
  auto& process = process_log();
  const std::lock_guard lock{process.mutex};
  if (!options && !is_untouched(*spdlog::default_logger()))
    return;
  auto log = current_log(process);
  if (!options)
    return;
  sink_ = options->sink ? std::make_shared<function_sink>(options->sink) : standard_error();
  log->outlets->set_sinks({sink_});
  log->logger->set_level(level_of(options->level));
  log_ = std::move(log);
}

log_direction::~log_direction() {
  const std::lock_guard lock{process_log().mutex};
  if (log_ && log_->outlets->sinks().front() == sink_)
    restore(*log_);
}

} // namespace belfry
