#include "os/handlers/stepped_thread.hpp"

#include "belfry/contract.hpp"

#include <catch2/catch.hpp>

#include <string>

using belfry::stepped_thread;

TEST_CASE("a stepped thread and its owner take turns", "[stepped_thread]") {
  std::string said;
  stepped_thread* other = nullptr;
  stepped_thread steps{[&] {
    said += 'a';
    other->pause();
    said += 'b';
    other->pause();
    said += 'c';
  }};
  other = &steps;
  CHECK(said.empty()); // It does not begin by itself.

  CHECK_FALSE(steps.resume());
  said += '1';
  CHECK_FALSE(steps.resume());
  said += '2';
  CHECK(steps.resume());

  CHECK(said == "a1b2c");
  CHECK_THROWS_AS(steps.resume(), belfry::contract_violation);
}

TEST_CASE("a function that is given up ends where it waits", "[stepped_thread]") {
  std::string said;
  {
    stepped_thread* other = nullptr;
    stepped_thread steps{[&] {
      try {
        other->pause();
        said += "went on";
      } catch (...) {
        said += "gave up";
        throw;
      }
    }};
    other = &steps;
    CHECK_FALSE(steps.resume());
  }
  CHECK(said == "gave up");
}

TEST_CASE("a function that was never begun is dropped", "[stepped_thread]") {
  bool has_begun = false;
  {
    const stepped_thread steps{[&] { has_begun = true; }};
  }
  CHECK_FALSE(has_begun);
}
