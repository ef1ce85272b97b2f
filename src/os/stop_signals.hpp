#pragma once

#include <functional>
#include <memory>

namespace belfry {

/// Turns the first SIGINT or SIGTERM into a call of `on_stop`, on its own thread. The second signal
/// ends the process at once, with status 130.
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
