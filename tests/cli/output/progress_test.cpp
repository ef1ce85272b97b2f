#include "cli/text/progress.hpp"

#include <catch2/catch.hpp>

using namespace belfry::shell;
using namespace std::chrono_literals;

TEST_CASE("progress says the share, the rate and the time that is left", "[cli]") {
  const progress_counts counts{.done = 25'000, .total = 100'000, .spent = 10s};
  CHECK(counts.percent() == 25);
  CHECK(counts.rate() == 2'500);
  CHECK(counts.left() == 30s);
  CHECK(progress_sentence(counts) == "25 %, 25,000 of 100,000, 2,500/s, 30s left");
}

TEST_CASE("an estimated total is marked, and never below what is done", "[cli]") {
  CHECK(progress_sentence({.done = 1'000, .total = 4'000, .is_total_exact = false, .spent = 1s}) ==
        "25 %, 1,000 of ~4,000, 1,000/s, 3s left");
  CHECK(progress_sentence({.done = 5'000, .total = 4'000, .is_total_exact = false, .spent = 1s}) ==
        "100 %, 5,000 of ~5,000, 5,000/s");
}

TEST_CASE("progress leaves out what is unknown", "[cli]") {
  CHECK(progress_sentence({.done = 7, .spent = 100ms}) == "7");
  CHECK(progress_sentence({.done = 7'000, .spent = 2s}) == "7,000, 3,500/s");
  CHECK(progress_sentence({.done = 0, .total = 10, .spent = 2s}) == "0 %, 0 of 10");
}
