#include "scenario/scenario.hpp"

#include <catch2/catch.hpp>

using namespace belfry::sim;
using namespace std::chrono_literals;

namespace {

run_report run_seed(std::uint64_t seed) {
  scenario_options options;
  options.seed = seed;
  options.length = 20s;
  return run_scenario(options);
}

} // namespace

TEST_CASE("the same seed gives the same run", "[determinism]") {
  const auto first = run_seed(7);
  const auto second = run_seed(7);

  CHECK(first.fingerprint == second.fingerprint);
  CHECK(first.steps == second.steps);
  CHECK(first.latest == second.latest);
}

TEST_CASE("another seed gives another run", "[determinism]") {
  CHECK(run_seed(7).fingerprint != run_seed(8).fingerprint);
}
