#include "belfry/result.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>

using namespace belfry;

TEST_CASE("a result holds a value or the failure that took its place", "[result]") {
  result<std::string> good{"seven"};
  REQUIRE(good.ok());
  CHECK(*good == "seven");
  CHECK(good->size() == 5);
  result<std::string> bad{failure{errc::not_found, "no seven"}};
  REQUIRE_FALSE(bad);
  CHECK(bad.error() == failure{errc::not_found, "no seven"});
}

TEST_CASE("asking a result for what it does not hold is a broken promise", "[result]") {
  result<int> good{7};
  result<int> bad{failure{errc::timed_out, "too late"}};
  CHECK_THROWS_AS(bad.value(), contract_violation);
  CHECK_THROWS_AS(good.error(), contract_violation);
}

TEST_CASE("a result may hold what can only be moved", "[result]") {
  result<std::unique_ptr<int>> held{std::make_unique<int>(7)};
  const auto accepted = std::move(held.value());
  CHECK(*accepted == 7);
}
