// The checker of the workload `spike` reports every violation.
#include "checkers/checker.hpp"
#include "scenario/spike_plan.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace belfry;
using namespace belfry::sim;
using namespace std::chrono_literals;

namespace {

constexpr instant run_start = instant_of_ms(1'000'000);
constexpr duration in_spike = spike_plan::spike_start + 1s;

struct spike_sequence {
  std::unique_ptr<checker> subject = spike_recovers(run_start, 10);
  task_tag tag = 0;

  /// Submits a task at `at` that starts after `wait`.
  void run(duration at, duration wait, std::int32_t priority) {
    task_spec spec;
    spec.priority = priority;
    subject->observe(task_offered{++tag, spec}, run_start + at);
    subject->observe(
        run_started{.id = {tag}, .token = {}, .attempt = 1, .tag = tag, .worker = "worker0"},
        run_start + at + wait);
  }
  /// Ends `count` runs while there is a backlog.
  void complete(int count) {
    for (int i = 0; i < count; ++i)
      subject->observe(run_ended{.id = {1}, .token = {}}, run_start + in_spike);
  }
  [[nodiscard]] std::vector<std::string> end() {
    subject->observe(faults_healed{}, run_start + 60s);
    subject->finish();
    return subject->violations();
  }
};

} // namespace

TEST_CASE("a spike with prompt high priorities and full throughput is accepted", "[checkers]") {
  spike_sequence events;
  events.run(in_spike, 200ms, 1);
  events.run(in_spike, 20s, 0);
  events.run(50s, 200ms, 0);
  events.complete(45);
  CHECK(events.end().empty());
}

TEST_CASE("violations during and after a spike are reported", "[checkers]") {
  spike_sequence events;
  SECTION("a high priority waits") {
    events.run(in_spike, 2s, 1);
    events.complete(45);
    CHECK(events.end() ==
          std::vector<std::string>{"spike recovers: a task of high priority waited for 2000 ms"});
  }
  SECTION("the backlog is not cleared in time") {
    events.run(50s, 6s, -1);
    events.complete(45);
    CHECK(events.end() ==
          std::vector<std::string>{
              "spike recovers: a task submitted long after the spike waited for 6000 ms"});
  }
  SECTION("throughput drops") {
    events.complete(20);
    CHECK(events.end() ==
          std::vector<std::string>{"spike recovers: only 20 runs ended while there was "
                                   "a backlog, 45 were possible"});
  }
}

TEST_CASE("the recovery from a spike is not checked after a fault", "[checkers]") {
  spike_sequence events;
  events.subject->observe(fault_injected{"worker_crash"}, run_start);
  events.run(in_spike, 2s, 1);
  CHECK(events.end().empty());
}
