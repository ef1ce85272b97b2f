#include "metrics/task_counters.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace belfry;
using namespace std::chrono_literals;

TEST_CASE("each queue and kind has counts of its own", "[metrics]") {
  task_counters counters;
  ++counters.at("mail", "send").submitted;
  ++counters.at("mail", "fetch").submitted;
  ++counters.at("mail", "send").submitted;

  REQUIRE(counters.all().size() == 2);
  CHECK(counters.all().at({"mail", "send"}).submitted == 2);
  CHECK(counters.all().at({"mail", "fetch"}).submitted == 1);
}

TEST_CASE("names beyond the limit are counted as other", "[metrics]") {
  task_counters counters;
  for (std::size_t i = 0; i < task_counters::names_max + 50; ++i)
    ++counters.at("queue" + std::to_string(i), "send").submitted;
  ++counters.at("queue0", "send").submitted;

  CHECK(counters.all().size() == task_counters::names_max + 1);
  CHECK(counters.all().at({"queue0", "send"}).submitted == 2);
  CHECK(counters.all().at({task_counters::other, task_counters::other}).submitted == 50);
}

TEST_CASE("the counts of two shards add up", "[metrics]") {
  event_counts first;
  first.submitted = 5;
  first.started = 4;
  first.attempts[static_cast<std::size_t>(attempt_outcome::crashed)] = 1;
  first.settled[static_cast<std::size_t>(task_state::dead)] = 2;
  first.start_delay.add(3ms);
  first.attempt_time.add(10s);
  auto both = first;

  both += first;

  CHECK(both.submitted == 10);
  CHECK(both.started == 8);
  CHECK(both.attempts[static_cast<std::size_t>(attempt_outcome::crashed)] == 2);
  CHECK(both.settled[static_cast<std::size_t>(task_state::dead)] == 4);
  CHECK(both.start_delay.total() == 2);
  CHECK(both.attempt_time.sum_ms() == 20'000);
}

TEST_CASE("every outcome of an attempt has a name", "[metrics]") {
  for (std::size_t i = 0; i < attempt_outcome_count; ++i)
    CHECK(to_string(static_cast<attempt_outcome>(i)) != "unknown");
}
