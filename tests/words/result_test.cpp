#include "belfry/result.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <sstream>
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

TEST_CASE("a result that is asked for what it does not hold throws", "[result]") {
  result<int> good{7};
  result<int> bad{failure{errc::timed_out, "too late"}};
  CHECK_THROWS_AS(bad.value(), contract_violation);
  CHECK_THROWS_AS(good.error(), contract_violation);
}

TEST_CASE("dereferencing a failed result throws with the failure's own text", "[result]") {
  const result<std::string> bad{failure{errc::unavailable, "no node answers at tower:4100"}};
  const auto* text = "result::value() on a failure: unavailable: no node answers at tower:4100";
  CHECK_THROWS_WITH(*bad, text);
  CHECK_THROWS_WITH(bad->size(), text);
  CHECK_THROWS_WITH(bad.value(), text);
}

TEST_CASE("value_or gives the fallback in place of a failure", "[result]") {
  const result<int> good{7};
  const result<int> bad{failure{errc::timed_out, "too late"}};
  CHECK(good.value_or(1) == 7);
  CHECK(bad.value_or(1) == 1);
  result<std::unique_ptr<int>> owner{std::make_unique<int>(3)};
  CHECK(*std::move(owner).value_or(nullptr) == 3);
}

TEST_CASE("and_then calls its function with a value and passes a failure on", "[result]") {
  const auto half = [](int number) -> result<int> {
    if (number % 2 != 0)
      return failure{errc::invalid_argument, "odd"};
    return number / 2;
  };
  CHECK(result<int>{8}.and_then(half).value() == 4);
  CHECK(result<int>{8}.and_then(half).and_then(half).and_then(half).value() == 1);
  CHECK(result<int>{7}.and_then(half).and_then(half).error().what == "odd");
  const result<int> bad{failure{errc::timed_out, "too late"}};
  CHECK(bad.and_then(half).error() == failure{errc::timed_out, "too late"});
}

TEST_CASE("transform changes a value and passes a failure on", "[result]") {
  const result<std::string> good{"seven"};
  const result<std::string> bad{failure{errc::not_found, "no seven"}};
  const auto length = [](const std::string& text) { return text.size(); };
  CHECK(good.transform(length).value() == 5);
  CHECK(bad.transform(length).error().what == "no seven");
  std::string seen;
  const result<done> nothing = good.transform([&](const std::string& text) { seen = text; });
  CHECK(nothing.ok());
  CHECK(seen == "seven");
  auto moved = result<std::unique_ptr<int>>{std::make_unique<int>(7)}.transform(
      [](std::unique_ptr<int> owner) { return *owner; });
  CHECK(*moved == 7);
}

TEST_CASE("a failure is printed with the name of its code", "[result]") {
  std::ostringstream out;
  out << failure{errc::not_found, "there is no task 0-7"};
  CHECK(out.str() == "not_found: there is no task 0-7");
}

TEST_CASE("a result may hold a move-only value", "[result]") {
  result<std::unique_ptr<int>> held{std::make_unique<int>(7)};
  const auto accepted = std::move(held.value());
  CHECK(*accepted == 7);
}
