#pragma once

#include <functional>
#include <memory>

namespace belfry {

/// Turns SIGINT and SIGTERM into a call: `asked` runs once, on a thread of its own, at the first of
/// them. A second one ends the process at once, with status 130.
///
/// There is one at a time per process. Child processes see these signals as usual.
class stop_signals {
public:
  explicit stop_signals(std::function<void()> on_stop);
  /// Waits for a call that is under way, then leaves the signals to the system again.
  ~stop_signals();
  stop_signals(const stop_signals&) = delete;
  stop_signals& operator=(const stop_signals&) = delete;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace belfry
