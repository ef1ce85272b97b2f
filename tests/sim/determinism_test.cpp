#include "scenario/scenario.hpp"

#include <catch2/catch.hpp>

using namespace belfry::sim;
using namespace std::chrono_literals;

namespace {

run_report play(std::uint64_t seed) {
  scenario_options options;
  options.seed = seed;
  options.length = 20s;
  return run_scenario(options);
}

} // namespace

TEST_CASE("the same seed gives the same run", "[determinism]") {
  const auto first = play(7);
  const auto again = play(7);

  CHECK(first.fingerprint == again.fingerprint);
  CHECK(first.steps == again.steps);
  CHECK(first.latest == again.latest);
}

TEST_CASE("another seed gives another run", "[determinism]") {
  CHECK(play(7).fingerprint != play(8).fingerprint);
}
