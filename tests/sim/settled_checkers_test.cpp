// The checkers of settled tasks and of payloads report every violation.
#include "observation_sequence.hpp"

#include <catch2/catch.hpp>

using namespace belfry;
using namespace belfry::sim;
using namespace std::chrono_literals;

namespace {

task_spec spec(std::uint32_t attempts_max = 1) {
  task_spec result;
  result.kind = "bake";
  result.retry.attempts_max = attempts_max;
  return result;
}

task_info info(task_state state, std::string error = {}) {
  task_info result;
  result.id = subject;
  result.queue = "default";
  result.state = state;
  result.last_error = std::move(error);
  return result;
}

observation_sequence accepted(std::unique_ptr<checker> rule, task_spec submitted = spec()) {
  observation_sequence result{std::move(rule)};
  result.then(task_offered{1, std::move(submitted)}).then(task_accepted{1, subject, false});
  return result;
}

} // namespace

TEST_CASE("a task may be dead when its attempts are used up or its failure is permanent",
          "[checkers]") {
  auto events = accepted(settled_for_a_reason(), spec(2));
  events.then(run_granted{subject, first});
  SECTION("not after too few runs") {
    events.then(task_observed{info(task_state::dead)});
    CHECK(events.end().size() == 1);
  }
  SECTION("after enough runs") {
    events.then(run_granted{subject, {2}}).then(task_observed{info(task_state::dead)});
    CHECK(events.end().empty());
  }
  SECTION("permanently") {
    events.then(task_observed{info(task_state::dead, "hopeless: no retry can help")});
    CHECK(events.end().empty());
  }
  SECTION("after fewer runs, when the server may have died with an unsent grant") {
    events.then(fault_injected{"server_crash unsynced=keep"})
        .then(task_observed{info(task_state::dead)});
    CHECK(events.end().empty());
  }
}

TEST_CASE("a task is cancelled only upon a request", "[checkers]") {
  auto events = accepted(settled_for_a_reason());
  SECTION("without a request") {
    events.then(task_observed{info(task_state::cancelled)});
    CHECK(events.end().size() == 1);
  }
  SECTION("upon a request whose answer was lost") {
    events.then(cancel_requested{subject}).then(task_observed{info(task_state::cancelled)});
    CHECK(events.end().empty());
  }
}

TEST_CASE("a task expires only after its deadline", "[checkers]") {
  auto task = spec();
  (GENERATE(false, true) ? task.start_by : task.complete_by) = instant_of_ms(1'000'000) + 5s;
  auto events = accepted(settled_for_a_reason(), task);
  SECTION("not before") {
    events.then(task_observed{info(task_state::expired)});
    CHECK(events.end().size() == 1);
  }
  SECTION("afterwards") {
    for (int i = 0; i < 4; ++i)
      events.then(faults_healed{});
    events.then(task_observed{info(task_state::expired)});
    CHECK(events.end().empty());
  }
}

TEST_CASE("a payload that arrives changed is reported", "[checkers]") {
  auto events = accepted(bytes_survive());
  events.then(run_started{subject, first, 1, 1, "worker0", true});
  CHECK(events.end().empty());
  events.then(run_started{subject, {2}, 2, 1, "worker0", false});
  CHECK(events.end().size() == 1);
}

TEST_CASE("counts agree when they equal the list and a restart changes nothing", "[checkers]") {
  auto events = accepted(counts_agree());
  const tasks_listed listed{{info(task_state::dead)}};
  events.then(listed);
  SECTION("they do") {
    events
        .then(tasks_counted{
            {{{"default", task_state::dead}, 1}, {{"default", task_state::ready}, 0}}})
        .then(listed);
    CHECK(events.end().empty());
  }
  SECTION("a queue counts one too many") {
    events.then(tasks_counted{{{{"default", task_state::dead}, 2}}}).then(listed);
    CHECK(events.end().size() == 1);
  }
  SECTION("a queue counts one too few") {
    events.then(tasks_counted{{}}).then(listed);
    CHECK(events.end().size() == 1);
  }
  SECTION("a task is missing") {
    events.then(tasks_listed{});
    CHECK(events.end().size() == 1);
  }
  SECTION("a task has changed") {
    events.then(tasks_listed{{info(task_state::dead, "flaky")}});
    CHECK(events.end().size() == 1);
  }
  SECTION("a task is new") {
    auto other = info(task_state::dead);
    other.id = {8};
    events.then(tasks_listed{{info(task_state::dead), other}});
    CHECK(events.end().size() == 1);
  }
  SECTION("the tasks could not be listed again") {
    CHECK(events.end().size() == 1);
  }
}

TEST_CASE("a shard whose journal is damaged must not grant", "[checkers]") {
  observation_sequence events{damage_noticed()};
  const auto of_2 = task_id::of({2}, 1);
  events.then(disk_damaged{{2}}).then(run_granted{task_id::of({1}, 1), first});
  CHECK(events.end().empty());
  SECTION("before the repair") {
    events.then(run_granted{of_2, first});
    CHECK(events.end().size() == 1);
  }
  SECTION("but may once it is repaired") {
    events.then(disk_repaired{}).then(run_granted{of_2, first});
    CHECK(events.end().empty());
  }
  SECTION("or replaced") {
    events.then(disk_replaced{}).then(run_granted{of_2, first});
    CHECK(events.end().empty());
  }
}

TEST_CASE("data of a lost disk may be missing", "[checkers]") {
  auto lost = accepted(nothing_lost());
  lost.then(disk_replaced{true}).then(task_offered{2, spec()});
  CHECK(lost.then(task_accepted{2, subject, false})
            .then(task_observed{info(task_state::succeeded)})
            .end()
            .empty());

  auto tokens = accepted(tokens_grow());
  tokens.then(run_started{subject, {5}, 1, 1, "worker0"})
      .then(disk_replaced{})
      .then(run_started{subject, {3}, 1, 1, "worker0"});
  CHECK(tokens.end().empty());
}
