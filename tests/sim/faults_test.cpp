#include "faults/fault.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace belfry;
using namespace belfry::sim;
using namespace std::chrono_literals;

TEST_CASE("every fault has a name of its own and strikes now and then", "[faults]") {
  std::set<std::string> names;
  for (const auto& one : all_faults()) {
    INFO(one->name());
    CHECK(names.insert(one->name()).second);
    CHECK(one->mean_interval() > 0s);
  }
}

TEST_CASE("a drawn span keeps its bounds, and is short more often than long", "[faults]") {
  prng random{3};
  int of_a_tenth = 0;
  for (int i = 0; i < 1'000; ++i) {
    const auto span = draw_span(random, 100ms, 10s);
    CHECK(span >= 100ms);
    CHECK(span <= 10s);
    of_a_tenth += span < 1s ? 1 : 0;
  }
  CHECK(of_a_tenth > 500);
  CHECK(of_a_tenth < 1'000);
}
