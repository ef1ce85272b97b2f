#include "belfry/situation.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace belfry;

namespace {

situation later{"test: a later name"};
situation earlier{"test: a name"};

} // namespace

TEST_CASE("a situation counts how often it was reached", "[situation]") {
  const auto before = earlier.count();
  earlier.reached();
  earlier.reached();
  CHECK(earlier.count() == before + 2);
}

TEST_CASE("all situations of a program are known, by name", "[situation]") {
  const auto all = situation::all();

  const auto first = std::find(all.begin(), all.end(), &earlier);
  const auto second = std::find(all.begin(), all.end(), &later);
  REQUIRE(first != all.end());
  REQUIRE(second != all.end());
  CHECK(second < first); // "a later…" comes before "a name".
}
