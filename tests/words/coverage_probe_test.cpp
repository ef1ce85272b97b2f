#include "belfry/coverage_probe.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace belfry;

namespace {

coverage_probe later{"test: a later name"};
coverage_probe earlier{"test: a name"};

} // namespace

TEST_CASE("a coverage probe counts how often it is hit", "[coverage_probe]") {
  const auto before = earlier.count();
  earlier.hit();
  earlier.hit();
  CHECK(earlier.count() == before + 2);
}

TEST_CASE("all coverage probes of a program are listed by name", "[coverage_probe]") {
  const auto all = coverage_probe::all();

  const auto first = std::find(all.begin(), all.end(), &earlier);
  const auto second = std::find(all.begin(), all.end(), &later);
  REQUIRE(first != all.end());
  REQUIRE(second != all.end());
  CHECK(second < first); // "a later…" comes before "a name".
}
