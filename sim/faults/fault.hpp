#pragma once

#include "random/prng.hpp"

#include "belfry/time.hpp"

#include <memory>
#include <string>
#include <vector>

namespace belfry::sim {

class cluster;

/// Something that goes wrong now and then. Joins a run or not, as its scenario draws.
class fault {
public:
  virtual ~fault() = default;

  [[nodiscard]] virtual std::string name() const = 0;
  /// Between two strikes, about.
  [[nodiscard]] virtual duration mean_interval() const = 0;
  /// Breaks something, which mends itself after a while.
  virtual void inject(cluster& target, prng& random) = 0;
  /// Mends at once what does not mend itself soon.
  virtual void heal(cluster&) {}
};

[[nodiscard]] std::unique_ptr<fault> server_crash();
[[nodiscard]] std::unique_ptr<fault> worker_crash();
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
// Of servers that share a storage:
[[nodiscard]] std::unique_ptr<fault> storage_cut();
[[nodiscard]] std::unique_ptr<fault> storage_crash();
[[nodiscard]] std::unique_ptr<fault> server_restart();
[[nodiscard]] std::unique_ptr<fault> drain();
[[nodiscard]] std::unique_ptr<fault> clock_step();

/// All of them, in an order that never changes.
[[nodiscard]] std::vector<std::unique_ptr<fault>> all_faults();

/// A length of time between `min` and `max`, short ones more often than long ones.
[[nodiscard]] duration draw_span(prng& random, duration min, duration max);

} // namespace belfry::sim
