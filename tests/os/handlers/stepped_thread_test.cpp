#include "os/handlers/stepped_thread.hpp"

#include "belfry/contract.hpp"

#include <catch2/catch.hpp>

#include <string>

using belfry::stepped_thread;

TEST_CASE("a stepped thread and its owner take turns", "[stepped_thread]") {
  std::string log;
  stepped_thread* other = nullptr;
  stepped_thread steps{[&] {
    log += 'a';
    other->pause();
    log += 'b';
    other->pause();
    log += 'c';
  }};
  other = &steps;
  CHECK(log.empty()); // It does not start by itself.

  CHECK_FALSE(steps.resume());
  log += '1';
  CHECK_FALSE(steps.resume());
  log += '2';
  CHECK(steps.resume());

  CHECK(log == "a1b2c");
  CHECK_THROWS_AS(steps.resume(), belfry::contract_violation);
}

TEST_CASE("a cancelled function ends where it waits", "[stepped_thread]") {
  std::string log;
  {
    stepped_thread* other = nullptr;
    stepped_thread steps{[&] {
      try {
        other->pause();
        log += "continued";
      } catch (...) {
        log += "cancelled";
        throw;
      }
    }};
    other = &steps;
    CHECK_FALSE(steps.resume());
  }
  CHECK(log == "cancelled");
}

TEST_CASE("a function that was never started is dropped", "[stepped_thread]") {
  bool has_started = false;
  {
    const stepped_thread steps{[&] { has_started = true; }};
  }
  CHECK_FALSE(has_started);
}
