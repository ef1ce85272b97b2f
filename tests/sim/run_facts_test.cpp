// What a handler can read about its run, from submit to handler.
#include "belfry/testing.hpp"

#include <catch2/catch.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace belfry;
using namespace std::chrono_literals;

namespace {

struct seen_run {
  std::string queue;
  std::string key;
  bool is_last_attempt = false;
  duration left{0};
  duration waited{0};
};

} // namespace

TEST_CASE("a handler reads queue, key, last attempt and remaining time of its run", "[testing]") {
  std::vector<seen_run> seen;
  handler_registry all;
  all.on("wash", [&seen](run& current) {
    const auto left = current.time_left().value_or(0s);
    (void)current.wait_for(10s);
    seen.push_back({current.queue(), current.key(), current.is_last_attempt(), left,
                    left - current.time_left().value_or(0s)});
    return run_result::failed("torn", "a hole");
  });
  testing::cluster simulated{std::move(all)};
  task_spec spec;
  spec.kind = "wash";
  spec.queue = "laundry";
  spec.key = "order 7";
  spec.timeout = 30s;
  spec.retry.attempts_max = 2;
  REQUIRE(simulated.submit(spec));

  REQUIRE(simulated.settle());

  REQUIRE(seen.size() == 2);
  for (const auto& attempt : seen) {
    CHECK(attempt.queue == "laundry");
    CHECK(attempt.key == "order 7");
    CHECK(attempt.left > 25s);
    CHECK(attempt.left <= 30s);
    CHECK(attempt.waited >= 10s);
    CHECK(attempt.waited < 11s);
  }
  CHECK_FALSE(seen[0].is_last_attempt);
  CHECK(seen[1].is_last_attempt);
}

TEST_CASE("a handler reads which time of its schedule its run is for", "[testing]") {
  std::vector<std::pair<std::string, std::optional<instant>>> seen;
  handler_registry all;
  all.on("report",
         [&seen](run& current) { seen.emplace_back(current.schedule(), current.scheduled_for()); });
  testing::cluster simulated{std::move(all)};
  const auto midnight = testing::cluster_options{}.begin;
  schedule_spec nightly;
  nightly.name = "nightly";
  nightly.when.line = "0 3 * * *";
  nightly.jitter = 1h;
  nightly.task.kind = "report";
  REQUIRE(simulated.put_schedule(nightly));

  simulated.advance(48h);

  REQUIRE(seen.size() == 2);
  for (const auto& [schedule, nominal] : seen)
    CHECK(schedule == "nightly");
  CHECK(seen[0].second == midnight + 3h);
  CHECK(seen[1].second == midnight + 27h);
}
