#pragma once

#include <functional>
#include <memory>

namespace belfry {

/// Turns the first SIGTERM, SIGINT or SIGHUP into a call of `on_stop`, on its own thread. The
/// second SIGTERM or SIGINT ends the process at once, with status 130.
///
/// SIGHUP says that the terminal is gone. It never ends the process at once: shells send it twice,
/// and systemd can send it right after SIGTERM. SIGHUP and SIGINT stay ignored if they are (`nohup`
/// and shells' background jobs start a program like that); SIGTERM does not. Signals that the
/// parent has blocked are unblocked.
///
/// At most one object exists per process at a time. Child processes get the default handling.
class stop_signals {
public:
  explicit stop_signals(std::function<void()> on_stop);
  /// Waits for a call under way, then restores the previous signal handling.
  ~stop_signals();
  stop_signals(const stop_signals&) = delete;
  stop_signals& operator=(const stop_signals&) = delete;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace belfry
