// The checker of the workload `spike` finds what it is there to find.
#include "checkers/checker.hpp"
#include "scenario/spike_plan.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace belfry;
using namespace belfry::sim;
using namespace std::chrono_literals;

namespace {

constexpr instant begin = instant_of_ms(1'000'000);
constexpr duration in_spike = spike_plan::begins + 1s;

struct spike_story {
  std::unique_ptr<checker> subject = spike_recovers(begin, 10);
  task_tag tag = 0;

  /// A task that is offered then and begins after `wait`.
  void run(duration at, duration wait, std::int32_t priority) {
    task_spec spec;
    spec.priority = priority;
    subject->observe(task_offered{++tag, spec}, begin + at);
    subject->observe(run_started{task_id{tag}, {}, 1, tag, "worker0"}, begin + at + wait);
  }
  /// So many runs end while there is more than enough to do.
  void complete(int count) {
    for (int i = 0; i < count; ++i)
      subject->observe(run_ended{task_id{1}, {}}, begin + in_spike);
  }
  [[nodiscard]] std::vector<std::string> end() {
    subject->observe(faults_healed{}, begin + 60s);
    subject->finish();
    return subject->violations();
  }
};

} // namespace

TEST_CASE("a spike in which high priorities run and work goes on is a good one", "[checkers]") {
  spike_story it;
  it.run(in_spike, 200ms, 1);
  it.run(in_spike, 20s, 0);
  it.run(50s, 200ms, 0);
  it.complete(45);
  CHECK(it.end().empty());
}

TEST_CASE("what goes wrong in and after a spike is noticed", "[checkers]") {
  spike_story it;
  SECTION("a high priority waits") {
    it.run(in_spike, 2s, 1);
    it.complete(45);
    CHECK(it.end() ==
          std::vector<std::string>{"spike recovers: a task of high priority waited for 2000 ms"});
  }
  SECTION("it is not worked off in time") {
    it.run(50s, 6s, -1);
    it.complete(45);
    CHECK(it.end() ==
          std::vector<std::string>{
              "spike recovers: a task that came long after the spike waited for 6000 ms"});
  }
  SECTION("work does not go on") {
    it.complete(20);
    CHECK(it.end() == std::vector<std::string>{"spike recovers: only 20 runs ended while there was "
                                               "enough to do, 45 could"});
  }
}

TEST_CASE("how fast a spike recovers is not judged when things break", "[checkers]") {
  spike_story it;
  it.subject->observe(fault_injected{"worker_crash"}, begin);
  it.run(in_spike, 2s, 1);
  CHECK(it.end().empty());
}
