#include "faults/fault.hpp"
#include "scenario/cluster.hpp"

namespace belfry::sim {

namespace {

/// Suspends a process and resumes it later, perhaps after its session or lease has expired.
class freeze_fault : public fault {
public:
  freeze_fault(std::string name, bool is_of_server)
      : name_(std::move(name)), is_of_server_(is_of_server) {}

  [[nodiscard]] std::string name() const override { return name_; }
  [[nodiscard]] duration mean_interval() const override { return duration{25'000}; }

  void inject(cluster& target, prng& random) override {
    const auto index = static_cast<std::uint32_t>(random.below(target.options().workers));
    const auto span = draw_span(random, duration{50}, duration{60'000});
    const auto node_name = is_of_server_ ? cluster::server_name(target.draw_server(random))
                                         : cluster::worker_name(index);
    target.run_history().record(
        fault_injected{"freeze node=" + node_name + " span_ms=" + std::to_string(span.count())});
    target.sim_world().freeze(node_name, span);
  }

private:
  std::string name_;
  bool is_of_server_;
};

} // namespace

std::unique_ptr<fault> server_freeze() {
  return std::make_unique<freeze_fault>("server_freeze", true);
}

std::unique_ptr<fault> worker_freeze() {
  return std::make_unique<freeze_fault>("worker_freeze", false);
}

} // namespace belfry::sim
