#include "cli/shrink.hpp"

#include <catch2/catch.hpp>

using namespace belfry;
using namespace belfry::sim;
using namespace std::chrono_literals;

namespace {

/// An invariant that one sort of fault violates.
class no_crash_checker : public checker {
public:
  no_crash_checker() : checker("no crash") {}

  void observe(const observation& event, instant) override {
    if (const auto* injected = std::get_if<fault_injected>(&event);
        injected && injected->description.starts_with("worker_crash"))
      report(injected->description);
  }
};

scenario_options failing_options() {
  scenario_options options;
  options.seed = 5;
  options.length = 40s;
  options.plan =
      run_plan{{"worker_crash", "link_cut", "slow_node"}, {"steady", "bursts", "pauses"}};
  options.workers = 3;
  options.extra_checkers = [] {
    std::vector<std::unique_ptr<checker>> extra;
    extra.push_back(std::make_unique<no_crash_checker>());
    return extra;
  };
  return options;
}

} // namespace

TEST_CASE("a failing run shrinks to the parts that violate the invariant", "[shrink]") {
  const auto options = failing_options();
  const auto report = run_scenario(options);
  REQUIRE_FALSE(report.ok());
  std::uint32_t tries = 0;

  const auto small = shrink(options, report, [&](const shrunk_run&) { ++tries; });

  CHECK(small.options.plan->faults == std::vector<std::string>{"worker_crash"});
  CHECK(small.options.plan->workloads.size() == 1);
  CHECK(small.options.workers == 1);
  CHECK(small.options.length < options.length);
  CHECK(small.tries == tries);
  const auto again = run_scenario(small.options);
  CHECK(again.violations == small.report.violations);
  CHECK(again.fingerprint == small.report.fingerprint);
}
