#include "text/delimited.hpp"

#include <catch2/catch.hpp>

using namespace belfry;

using parts = std::vector<std::string_view>;

TEST_CASE("a text is split at its separators", "[delimited]") {
  CHECK(split("a,b,c", ',') == parts{"a", "b", "c"});
  CHECK(split("a", ',') == parts{"a"});
}

TEST_CASE("parts may be empty", "[delimited]") {
  CHECK(split("", ',') == parts{""});
  CHECK(split(",a,,", ',') == parts{"", "a", "", ""});
}

TEST_CASE("texts are joined with a separator between them", "[delimited]") {
  CHECK(join({"a", "b", "c"}, ", ") == "a, b, c");
  CHECK(join({"a"}, ",") == "a");
  CHECK(join({}, ",").empty());
  CHECK(join({"a", "", "b"}, ",") == "a,,b");
  CHECK(join({"", "a"}, ",") == "a");
}
