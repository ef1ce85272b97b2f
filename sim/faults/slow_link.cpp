#include "faults/fault.hpp"
#include "scenario/cluster.hpp"

namespace belfry::sim {

namespace {

/// Every message takes many times as long, for a while.
class slow_link_fault : public fault {
public:
  [[nodiscard]] std::string name() const override { return "slow_link"; }
  [[nodiscard]] duration gap() const override { return duration{20'000}; }

  void strike(cluster& target, prng& random) override {
    const auto factor = static_cast<std::uint32_t>(10 + random.below(500));
    target.seen().tell(fault_struck{"slow_link factor=" + std::to_string(factor)});
    auto& inside = target.inside();
    inside.network().slow_down(factor);
    inside.after(draw_span(random, duration{500}, duration{10'000}),
                 [&inside] { inside.network().slow_down(1); });
  }
};

} // namespace

std::unique_ptr<fault> slow_link() {
  return std::make_unique<slow_link_fault>();
}

} // namespace belfry::sim
