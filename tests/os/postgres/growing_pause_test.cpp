#include "os/postgres/growing_pause.hpp"

#include <catch2/catch.hpp>

using namespace belfry;

namespace {

constexpr growing_pause::time_point start{duration{1'000}};

} // namespace

TEST_CASE("a pause doubles with each refusal, up to a quarter of a second", "[postgres]") {
  growing_pause pause;
  CHECK(pause.is_over(start));
  for (const int length_ms : {50, 100, 200, 250, 250}) {
    const duration length{length_ms};
    pause.extend(start);
    CHECK_FALSE(pause.is_over(start + length - duration{1}));
    CHECK(pause.is_over(start + length));
  }
}

TEST_CASE("a pause is short again after a success", "[postgres]") {
  growing_pause pause;
  pause.extend(start);
  pause.extend(start);

  pause.reset();

  CHECK(pause.is_over(start));
  pause.extend(start);
  CHECK(pause.is_over(start + duration{50}));
}
