#include "task/fixed_bytes.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace belfry;

TEST_CASE("fixed bytes keep the bytes they were made from", "[fixed_bytes]") {
  const std::string original("a\0b", 3);

  const fixed_bytes kept(original);

  CHECK(kept.view() == original);
  CHECK(kept.size() == 3);
}

TEST_CASE("fixed bytes can be empty", "[fixed_bytes]") {
  CHECK(fixed_bytes{}.view().empty());
  CHECK(fixed_bytes("").view().empty());
}

TEST_CASE("fixed bytes move and leave nothing behind", "[fixed_bytes]") {
  fixed_bytes first("first");
  fixed_bytes second("second");

  first = std::move(second);
  CHECK(first.view() == "second");
  CHECK(second.view().empty());

  const fixed_bytes third(std::move(first));
  CHECK(third.view() == "second");
  CHECK(first.view().empty());
}
