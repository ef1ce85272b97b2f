#include "faults/fault.hpp"
#include "scenario/cluster.hpp"

namespace belfry::sim {

namespace {

/// The next sync of the disk fails.
class failed_sync_fault : public fault {
public:
  [[nodiscard]] std::string name() const override { return "failed_sync"; }
  [[nodiscard]] duration mean_interval() const override { return duration{30'000}; }

  void inject(cluster& target, prng& random) override {
    target.run_history().record(fault_injected{"disk_failed_sync"});
    target.disk().fail_next_sync(random.next());
  }
};

} // namespace

std::unique_ptr<fault> failed_sync() {
  return std::make_unique<failed_sync_fault>();
}

} // namespace belfry::sim
