#include "metrics/recent_maximum.hpp"

#include <catch2/catch.hpp>

using namespace belfry;
using namespace std::chrono_literals;

namespace {

constexpr instant start{1'000'000s};

} // namespace

TEST_CASE("the longest span counts for the whole window", "[metrics]") {
  recent_maximum slowest{10s};
  slowest.add(start, 700ms);
  slowest.add(start + 4s, 20ms);
  CHECK(slowest.value(start + 10s) == 700ms);
  CHECK(slowest.value(start + 11s) == 0ms);
}

TEST_CASE("a span that is as long begins the window again", "[metrics]") {
  recent_maximum slowest{10s};
  slowest.add(start, 700ms);
  slowest.add(start + 8s, 700ms);
  CHECK(slowest.value(start + 18s) == 700ms);
}

TEST_CASE("after the window a shorter span counts", "[metrics]") {
  recent_maximum slowest{10s};
  CHECK(slowest.value(start) == 0ms);
  slowest.add(start, 700ms);
  slowest.add(start + 12s, 30ms);
  CHECK(slowest.value(start + 12s) == 30ms);
}
