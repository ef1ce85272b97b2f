#include "os/link/name_patterns.hpp"

#include <catch2/catch.hpp>

using namespace belfry;

TEST_CASE("an empty list of names allows all", "[names]") {
  CHECK(is_allowed_name({"anybody"}, {}));
  CHECK(is_allowed_name({}, {}));
}

TEST_CASE("a name is allowed if it is in the list, ignoring case", "[names]") {
  CHECK(is_allowed_name({"tower"}, {"bell", "Tower"}));
  CHECK(is_allowed_name({"other", "TOWER"}, {"tower"}));
  CHECK_FALSE(is_allowed_name({"tower"}, {"towe", "towers", "bell"}));
  CHECK_FALSE(is_allowed_name({}, {"tower"}));
}

TEST_CASE("a pattern allows all names with one ending", "[names]") {
  CHECK(is_allowed_name({"a.example.org"}, {"*.example.org"}));
  CHECK(is_allowed_name({"a.b.example.org"}, {"*.example.org"}));
  CHECK_FALSE(is_allowed_name({"example.org"}, {"*.example.org"}));
  CHECK_FALSE(is_allowed_name({".example.org"}, {"*.example.org"}));
  CHECK_FALSE(is_allowed_name({"badexample.org"}, {"*.example.org"}));
  CHECK_FALSE(is_allowed_name({"a.example.org.evil"}, {"*.example.org"}));
}

TEST_CASE("a pattern is a name, or *. and a name", "[names]") {
  CHECK(is_name_pattern("tower"));
  CHECK(is_name_pattern("*.example.org"));
  for (const auto* wrong : {"", "*", "*.", "*tower", "to*er", "*.*.org", ".org"})
    CHECK_FALSE(is_name_pattern(wrong));
}
