// A test of a handler, in virtual time.
#include <belfry/testing.hpp>

#include <chrono>
#include <cstdlib>

int main() {
  belfry::handler_registry handlers;
  handlers.on("greet", [](belfry::run&) { return belfry::run_result::success("good morning"); });
  belfry::testing::cluster town{handlers};
  const auto task = town.submit({.kind = "greet", .delay = std::chrono::hours{72}});
  const bool is_settled = task && town.settle(std::chrono::hours{100});
  return is_settled && town.get(*task)->output == "good morning" ? EXIT_SUCCESS : EXIT_FAILURE;
}
