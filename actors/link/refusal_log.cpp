#include "link/refusal_log.hpp"

#include "text/printable.hpp"

#include <spdlog/spdlog.h>

namespace belfry {

refusal_log::~refusal_log() {
  log_suppressed_count();
}

void refusal_log::note(const std::string& peer, const std::string& reason) {
  if (counts_line())
    spdlog::warn("link.refused peer={} reason={}", log_value(peer), log_value(reason));
}

void refusal_log::note_disconnected(const std::string& peer, const std::string& reason) {
  if (counts_line())
    spdlog::error("link.disconnected peer={} reason={}", log_value(peer), log_value(reason));
}

/// Counts a line; returns whether it may be written.
bool refusal_log::counts_line() {
  const std::lock_guard lock{mutex_};
  const auto now = time_->now();
  if (lines_.is_window_over(now))
    log_suppressed_count();
  return lines_.admit(now);
}

void refusal_log::log_suppressed_count() {
  if (const auto count = lines_.take_suppressed(); count > 0)
    spdlog::warn("link.refusals_suppressed count={} within_ms={}", count, lines_.window().count());
}

} // namespace belfry
