#include "metrics/duration_histogram.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace belfry;
using namespace std::chrono_literals;

namespace {

/// The bucket that `value` is counted in.
std::size_t bucket_of(duration value) {
  duration_histogram counted;
  counted.add(value);
  for (std::size_t i = 0; i < duration_histogram::bounds_ms.size(); ++i)
    if (counted.count(i) == 1)
      return i;
  return duration_histogram::bounds_ms.size();
}

} // namespace

TEST_CASE("the bounds of a histogram grow", "[metrics]") {
  const auto& bounds = duration_histogram::bounds_ms;
  CHECK(std::is_sorted(bounds.begin(), bounds.end()));
  CHECK(std::adjacent_find(bounds.begin(), bounds.end()) == bounds.end());
}

TEST_CASE("a duration is counted below the least bound that it does not exceed", "[metrics]") {
  const auto& bounds = duration_histogram::bounds_ms;
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    INFO("bound " << bounds.at(i) << " ms");
    CHECK(bucket_of(duration{bounds.at(i)}) == i);
    CHECK(bucket_of(duration{bounds.at(i) + 1}) == i + 1);
  }
}

TEST_CASE("durations beyond every bound, and below 0, are counted", "[metrics]") {
  CHECK(bucket_of(24h) == duration_histogram::bounds_ms.size());
  CHECK(bucket_of(duration{std::int64_t{1} << 60}) == duration_histogram::bounds_ms.size());
  CHECK(bucket_of(0ms) == 0);
  CHECK(bucket_of(-5s) == 0);
}

TEST_CASE("histograms add up", "[metrics]") {
  duration_histogram all;
  all.add(3ms);
  duration_histogram more;
  more.add(3ms);
  more.add(-1s);
  more.add(10s);

  all += more;

  CHECK(all.total() == 4);
  CHECK(all.count(2) == 2);
  CHECK(all.sum_ms() == 10'006);
}
