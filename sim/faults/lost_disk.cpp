#include "faults/fault.hpp"
#include "scenario/cluster.hpp"
#include "workloads/drawn_task.hpp"

namespace belfry::sim {

namespace {

/// Replaces the server's disk by its last backup, or by an empty one. A single node loses what is
/// not in the backup, but recovers and keeps all promises from then on. Workers live through it and
/// come back with runs and outcomes of tasks that are lost.
class lost_disk_fault : public fault {
public:
  [[nodiscard]] std::string name() const override { return "lost_disk"; }
  [[nodiscard]] duration mean_interval() const override { return duration{30'000}; }

  void inject(cluster& target, prng& random) override {
    if (random.chance(50)) {
      target.run_history().record(fault_injected{"disk_backup"});
      target.disk().back_up();
      return;
    }
    target.run_history().record(fault_injected{"disk_lost"});
    target.replace_disk();
    // A queue that was resumed since the backup is paused again.
    for (const auto& queue : drawn_queues())
      target.client().set_paused(queue, false, [] {});
  }
};

} // namespace

std::unique_ptr<fault> lost_disk() {
  return std::make_unique<lost_disk_fault>();
}

} // namespace belfry::sim
