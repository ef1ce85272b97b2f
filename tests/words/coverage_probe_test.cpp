#include "belfry/coverage_probe.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace belfry;

namespace {

coverage_probe later{"test: a later name"};
coverage_probe earlier{"test: a name"};

} // namespace

TEST_CASE("a situation counts how often it was reached", "[situation]") {
  const auto before = earlier.count();
  earlier.hit();
  earlier.hit();
  CHECK(earlier.count() == before + 2);
}

TEST_CASE("all situations of a program are known, by name", "[situation]") {
  const auto all = coverage_probe::all();

  const auto first = std::find(all.begin(), all.end(), &earlier);
  const auto second = std::find(all.begin(), all.end(), &later);
  REQUIRE(first != all.end());
  REQUIRE(second != all.end());
  CHECK(second < first); // "a later…" comes before "a name".
}
