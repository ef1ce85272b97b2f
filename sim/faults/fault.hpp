#pragma once

#include "random/prng.hpp"

#include "belfry/time.hpp"

#include <memory>
#include <string>
#include <vector>

namespace belfry::sim {

class cluster;

/// A fault that is injected now and then. The scenario draws whether it takes part in a run.
class fault {
public:
  virtual ~fault() = default;

  [[nodiscard]] virtual std::string name() const = 0;
  /// The mean time between two injections.
  [[nodiscard]] virtual duration mean_interval() const = 0;
  /// Injects the fault, which ends by itself after a while.
  virtual void inject(cluster& target, prng& random) = 0;
  /// Ends at once every effect that would not end soon by itself.
  virtual void heal(cluster&) {}
};

[[nodiscard]] std::unique_ptr<fault> server_crash();
[[nodiscard]] std::unique_ptr<fault> worker_crash();
[[nodiscard]] std::unique_ptr<fault> worker_stop();
[[nodiscard]] std::unique_ptr<fault> actor_kill();
[[nodiscard]] std::unique_ptr<fault> server_freeze();
[[nodiscard]] std::unique_ptr<fault> worker_freeze();
[[nodiscard]] std::unique_ptr<fault> slow_node();
[[nodiscard]] std::unique_ptr<fault> link_cut();
[[nodiscard]] std::unique_ptr<fault> partition();
[[nodiscard]] std::unique_ptr<fault> slow_link();
[[nodiscard]] std::unique_ptr<fault> failed_sync();
[[nodiscard]] std::unique_ptr<fault> disk_full();
[[nodiscard]] std::unique_ptr<fault> slow_disk();
[[nodiscard]] std::unique_ptr<fault> bit_flip();
[[nodiscard]] std::unique_ptr<fault> lost_disk();
[[nodiscard]] std::unique_ptr<fault> storage_outage();
// For clusters of servers with a shared storage:
[[nodiscard]] std::unique_ptr<fault> storage_cut();
[[nodiscard]] std::unique_ptr<fault> storage_crash();
[[nodiscard]] std::unique_ptr<fault> server_restart();
[[nodiscard]] std::unique_ptr<fault> drain();
[[nodiscard]] std::unique_ptr<fault> clock_step();

/// All faults, in a fixed order.
[[nodiscard]] std::vector<std::unique_ptr<fault>> all_faults();

/// Draws a duration between `min` and `max`; short ones are more likely.
[[nodiscard]] duration draw_span(prng& random, duration min, duration max);

} // namespace belfry::sim
