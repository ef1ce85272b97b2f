#include "text/log_sampler.hpp"

#include <catch2/catch.hpp>

using namespace belfry;

namespace {

constexpr duration window{10'000};
constexpr auto start = instant_of_ms(1'700'000'000'000);

} // namespace

TEST_CASE("a log gets so many lines of one kind in a window, and the number of the others",
          "[text]") {
  log_sampler lines{2, window};
  CHECK(lines.admit(start));
  CHECK(lines.admit(start + duration{1}));
  CHECK_FALSE(lines.admit(start + duration{2}));
  CHECK_FALSE(lines.admit(start + window - duration{1}));
  CHECK_FALSE(lines.is_window_over(start + window - duration{1}));
  CHECK(lines.window_end() == start + window);

  CHECK(lines.is_window_over(start + window));
  CHECK(lines.take_suppressed() == 2);
  CHECK(lines.take_suppressed() == 0);
  CHECK(lines.admit(start + window));
  CHECK(lines.admit(start + window));
  CHECK_FALSE(lines.admit(start + window));
  CHECK(lines.take_suppressed() == 1);
}

TEST_CASE("a window begins with its first line", "[text]") {
  log_sampler lines{1, window};
  CHECK(lines.is_window_over(start));
  CHECK(lines.admit(start));
  CHECK(lines.admit(start + 3 * window));
  CHECK_FALSE(lines.admit(start + 4 * window - duration{1}));
}

TEST_CASE("a clock that goes back lengthens the window", "[text]") {
  log_sampler lines{1, window};
  CHECK(lines.admit(start));
  CHECK_FALSE(lines.admit(start - window));
  CHECK(lines.admit(start + window));
}
