#pragma once

#include "belfry/time.hpp"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

namespace belfry {

/// The interval within which the service manager expects each watchdog message (`WatchdogSec=` of
/// systemd; the variables WATCHDOG_USEC and WATCHDOG_PID). Nothing: there is no watchdog, or it
/// watches another process.
[[nodiscard]] std::optional<duration> watchdog_interval();

/// Sends the service manager the watchdog message (`WATCHDOG=1`) twice in each interval. The
/// manager ends a process whose messages stay away for an interval, and starts it again.
///
/// `is_working` is called before each message, on the watchdog's thread, and may block. When it
/// returns false no message is sent, and it is called again after a twentieth of the interval.
///
///     interval 60 s
///     30 s   is_working: true    WATCHDOG=1
///     60 s   is_working: false   -
///     63 s   is_working: false   -
///     …                          the manager ends the process at 90 s
class systemd_watchdog {
public:
  systemd_watchdog(duration interval, std::function<bool()> is_working);
  /// Waits for a call of `is_working` under way.
  ~systemd_watchdog();
  systemd_watchdog(const systemd_watchdog&) = delete;
  systemd_watchdog& operator=(const systemd_watchdog&) = delete;

private:
  void run();
  /// Returns whether the watchdog goes on afterwards.
  [[nodiscard]] bool pause(duration span);

  const duration interval_;
  const std::function<bool()> is_working_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_ending_ = false;
  std::thread thread_;
};

} // namespace belfry
