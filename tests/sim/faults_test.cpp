#include "faults/fault.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace belfry;
using namespace belfry::sim;
using namespace std::chrono_literals;

TEST_CASE("every fault has a unique name and a positive mean interval", "[faults]") {
  std::set<std::string> names;
  for (const auto& fault : all_faults()) {
    INFO(fault->name());
    CHECK(names.insert(fault->name()).second);
    CHECK(fault->mean_interval() > 0s);
  }
}

TEST_CASE("a drawn span is within its bounds, and more often short than long", "[faults]") {
  prng random{3};
  int short_spans = 0;
  for (int i = 0; i < 1'000; ++i) {
    const auto span = draw_span(random, 100ms, 10s);
    CHECK(span >= 100ms);
    CHECK(span <= 10s);
    short_spans += span < 1s ? 1 : 0;
  }
  CHECK(short_spans > 500);
  CHECK(short_spans < 1'000);
}
