// The checker of changes reports every run and every answer that an acknowledged change forbids.
#include "observation_sequence.hpp"

#include "observation/task_scripts.hpp"

#include <catch2/catch.hpp>

using namespace belfry;
using namespace belfry::sim;
using namespace std::chrono_literals;

namespace {

constexpr fencing_token second_token{2};

task_change new_payload(std::uint32_t version) {
  task_change change;
  change.payload = task_scripts::payload_of(1, version);
  return change;
}

task_change moved_by(duration delay) {
  task_change change;
  change.delay = delay;
  return change;
}

task_change moved_to(const std::string& queue) {
  task_change change;
  change.queue = queue;
  return change;
}

observation_sequence changed(const task_change& change) {
  observation_sequence events{changes_hold()};
  events.then(change_requested{subject, change}).then(change_answered{subject, true});
  return events;
}

run_started started(std::uint32_t version, fencing_token token = first) {
  run_started run{subject, token, 1, 1, "worker0"};
  run.version = version;
  return run;
}

task_info shown_in(const std::string& queue, std::int32_t priority = 0) {
  task_info info;
  info.id = subject;
  info.queue = queue;
  info.priority = priority;
  return info;
}

} // namespace

TEST_CASE("a run after an acknowledged change has the new payload", "[checkers]") {
  auto events = changed(new_payload(3));
  events.then(run_granted{subject, first});
  SECTION("it has") {
    events.then(started(3));
    CHECK(events.end().empty());
  }
  SECTION("it has not") {
    events.then(started(0));
    CHECK(is_reported(events.end(), "started with version 0 of its payload, not with 3"));
  }
  SECTION("it has one that nobody asked for") {
    events.then(started(4));
    CHECK(is_reported(events.end(), "started with version 4"));
  }
}

TEST_CASE("a run that was granted before a change was acknowledged may have either payload",
          "[checkers]") {
  observation_sequence events{changes_hold()};
  events.then(change_requested{subject, new_payload(1)}).then(run_granted{subject, first});
  events.then(change_answered{subject, true}).then(started(GENERATE(0U, 1U)));
  CHECK(events.end().empty());
}

TEST_CASE("a run that was granted before a change was requested has the former payload",
          "[checkers]") {
  observation_sequence events{changes_hold()};
  events.then(run_granted{subject, first}).then(change_requested{subject, new_payload(1)});
  SECTION("it has") {
    events.then(started(0));
    CHECK(events.end().empty());
  }
  SECTION("it has not") {
    events.then(started(1));
    CHECK(is_reported(events.end(), "started with version 1"));
  }
}

TEST_CASE("a retry does not go back to a former payload", "[checkers]") {
  auto events = changed(new_payload(1));
  events.then(run_granted{subject, first}).then(started(1));
  events.then(run_granted{subject, second_token}).then(started(0, second_token));
  CHECK(is_reported(events.end(), "started with version 0"));
}

TEST_CASE("a change that was refused is not made", "[checkers]") {
  observation_sequence events{changes_hold()};
  events.then(change_requested{subject, new_payload(1)});
  SECTION("a later run has the former payload") {
    events.then(change_answered{subject, false}).then(run_granted{subject, first}).then(started(0));
    CHECK(events.end().empty());
  }
  SECTION("a later run has the refused payload") {
    events.then(change_answered{subject, false}).then(run_granted{subject, first}).then(started(1));
    CHECK(is_reported(events.end(), "started with version 1"));
  }
  SECTION("a run has the payload before the refusal, so it was made once and refused when resent") {
    events.then(run_granted{subject, first}).then(started(1));
    events.then(change_answered{subject, false});
    CHECK(is_reported(events.end(), "was refused, but a run has its payload"));
  }
}

TEST_CASE("a rescheduled task does not start before its new instant", "[checkers]") {
  auto events = changed(moved_by(6s)); // Requested a second before its answer.
  SECTION("it starts before") {
    events.then(run_granted{subject, first}).then(started(0));
    CHECK(is_reported(events.end(), "before the instant that it was moved to"));
  }
  SECTION("it starts then") {
    for (int i = 0; i < 4; ++i)
      events.then(faults_healed{});
    events.then(run_granted{subject, first}).then(started(0));
    CHECK(events.end().empty());
  }
  SECTION("it is run now instead") {
    events.then(change_requested{subject, moved_by(0s)}).then(change_answered{subject, true});
    events.then(run_granted{subject, first}).then(started(0));
    CHECK(events.end().empty());
  }
  SECTION("a clock was set") {
    events.then(fault_injected{"clock_step wrong_by_ms=60000"});
    events.then(run_granted{subject, first}).then(started(0));
    CHECK(events.end().empty());
  }
}

TEST_CASE("a moved task is shown in its new queue, with its new priority", "[checkers]") {
  auto change = moved_to("mail");
  change.priority = 2;
  auto events = changed(change);
  SECTION("it is") {
    events.then(task_observed{shown_in("mail", 2)}).then(tasks_listed{{shown_in("mail", 2)}});
    CHECK(events.end().empty());
  }
  SECTION("it is shown in another queue") {
    events.then(task_observed{shown_in("default", 2)});
    CHECK(is_reported(events.end(), "is in queue 'default' with priority 2"));
  }
  SECTION("it is shown with another priority") {
    events.then(task_observed{shown_in("mail", 0)});
    CHECK(is_reported(events.end(), "is in queue 'mail' with priority 0"));
  }
  SECTION("it is listed in another queue") {
    events.then(tasks_listed{{shown_in("default", 2)}});
    CHECK(is_reported(events.end(), "is in queue 'default'"));
  }
  SECTION("the answer may be older than the change") {
    events.then(task_observed{shown_in("default", 0), true});
    CHECK(events.end().empty());
  }
}

TEST_CASE("a deleted task neither starts nor is shown", "[checkers]") {
  observation_sequence events{changes_hold()};
  events.then(change_requested{subject, {}, true});
  SECTION("it starts by a grant from before the acknowledgement") {
    events.then(run_granted{subject, first}).then(change_answered{subject, true}).then(started(0));
    CHECK(events.end().empty());
  }
  SECTION("it starts by a later grant") {
    events.then(change_answered{subject, true}).then(run_granted{subject, first}).then(started(0));
    CHECK(is_reported(events.end(), "by a grant after its deletion was acknowledged"));
  }
  SECTION("it is found") {
    events.then(change_answered{subject, true}).then(task_observed{shown_in("default")});
    CHECK(is_reported(events.end(), "is there though its deletion was acknowledged"));
  }
  SECTION("it is listed") {
    events.then(change_answered{subject, true}).then(tasks_listed{{shown_in("default")}});
    CHECK(is_reported(events.end(), "is there though its deletion was acknowledged"));
  }
  SECTION("its deletion was refused") {
    events.then(change_answered{subject, false})
        .then(task_observed{shown_in("default")})
        .then(run_granted{subject, first})
        .then(started(0));
    CHECK(events.end().empty());
  }
}

TEST_CASE("changes that were made before the disk was lost do not count", "[checkers]") {
  auto events = changed(new_payload(1));
  events.then(disk_replaced{}).then(run_granted{subject, first}).then(started(0));
  CHECK(events.end().empty());
}

TEST_CASE("a restored task may have any payload that it had before", "[checkers]") {
  auto events = changed(new_payload(1));
  events.then(change_requested{subject, new_payload(2)}).then(change_answered{subject, true});
  events.then(change_requested{subject, new_payload(3)}).then(change_answered{subject, false});
  events.then(disk_replaced{}).then(run_granted{subject, first});
  SECTION("an earlier one") {
    CHECK(events.then(started(1)).end().empty());
  }
  SECTION("the latest") {
    CHECK(events.then(started(2)).end().empty());
  }
  SECTION("not one that was refused") {
    CHECK(is_reported(events.then(started(3)).end(), "started with version 3 of its payload"));
  }
  SECTION("also if something else is changed") {
    events.then(change_requested{subject, moved_to("other")})
        .then(change_answered{subject, true})
        .then(run_granted{subject, second_token})
        .then(started(1, second_token));
    CHECK(events.end().empty());
  }
  SECTION("not after the next change") {
    events.then(change_requested{subject, new_payload(4)})
        .then(change_answered{subject, true})
        .then(run_granted{subject, second_token})
        .then(started(1, second_token));
    CHECK(is_reported(events.end(), "started with version 1 of its payload, not with 4"));
  }
}

TEST_CASE("a task that was never changed has its first payload, also once it is restored",
          "[checkers]") {
  observation_sequence events{changes_hold()};
  events.then(run_granted{subject, first}).then(disk_replaced{});
  events.then(run_granted{subject, second_token}).then(started(1, second_token));
  CHECK(is_reported(events.end(), "started with version 1 of its payload, not with 0"));
}

TEST_CASE("a change may be refused after the disk was replaced", "[checkers]") {
  observation_sequence events{changes_hold()};
  events.then(change_requested{subject, new_payload(1)}).then(disk_replaced{});
  events.then(change_answered{subject, false}).then(run_granted{subject, first}).then(started(0));
  CHECK(events.end().empty());
}

TEST_CASE("a task may be unknown once its deletion was requested, and not after a refusal",
          "[checkers]") {
  observation_sequence events{nothing_lost()};
  task_spec spec;
  spec.kind = "bake";
  events.then(task_offered{1, spec}).then(task_accepted{1, subject, false});
  SECTION("requested") {
    events.then(change_requested{subject, {}, true}).then(task_missing{subject});
    CHECK(events.end().empty());
  }
  SECTION("acknowledged") {
    events.then(change_requested{subject, {}, true})
        .then(change_answered{subject, true})
        .then(task_missing{subject});
    CHECK(events.end().empty());
  }
  SECTION("refused") {
    auto settled = shown_in("default");
    settled.state = task_state::succeeded;
    events.then(change_requested{subject, {}, true})
        .then(change_answered{subject, false})
        .then(task_observed{settled})
        .then(task_missing{subject});
    CHECK(is_reported(events.end(), "was acknowledged and is unknown now"));
  }
  SECTION("changed in another way") {
    auto settled = shown_in("default");
    settled.state = task_state::succeeded;
    events.then(change_requested{subject, new_payload(1)})
        .then(change_answered{subject, true})
        .then(task_observed{settled})
        .then(task_missing{subject});
    CHECK(is_reported(events.end(), "was acknowledged and is unknown now"));
  }
}

TEST_CASE("a task that is deleted while it waits is cancelled for a reason", "[checkers]") {
  observation_sequence events{settled_for_a_reason()};
  task_spec spec;
  spec.kind = "bake";
  auto cancelled = shown_in("default");
  cancelled.state = task_state::cancelled;
  events.then(task_offered{1, spec}).then(task_accepted{1, subject, false});
  SECTION("deleted") {
    events.then(change_requested{subject, {}, true}).then(task_observed{cancelled});
    CHECK(events.end().empty());
  }
  SECTION("changed in another way") {
    events.then(change_requested{subject, new_payload(1)}).then(task_observed{cancelled});
    CHECK(is_reported(events.end(), "cancelled without a request"));
  }
}

TEST_CASE("a task that is run now starts before its submitted instant and its backoff",
          "[checkers]") {
  observation_sequence events{nothing_early()};
  task_spec spec;
  spec.kind = "bake";
  spec.delay = 1h;
  spec.retry.delay_min = 10s;
  events.then(task_offered{1, spec}).then(task_accepted{1, subject, false});
  const auto start = [&](fencing_token token) {
    events.then(run_granted{subject, token}).then(run_started{subject, token, 1, 1, "worker0"});
  };
  events.then(change_requested{subject, moved_by(0s)}).then(change_answered{subject, true});
  start(first);
  events.then(run_ended{subject, first, run_ended::ending::failed});
  SECTION("once more") {
    events.then(change_requested{subject, moved_by(0s)}).then(change_answered{subject, true});
    start(second_token);
    CHECK(events.end().empty());
  }
  SECTION("without another request") {
    start(second_token);
    CHECK(is_reported(events.end(), "too early"));
  }
}

TEST_CASE("the pause of a queue counts for the tasks that were moved there", "[checkers]") {
  observation_sequence events{nothing_early()};
  task_spec spec;
  spec.kind = "bake";
  events.then(task_offered{1, spec}).then(task_accepted{1, subject, false});
  events.then(fault_injected{"link_cut"}).then(change_requested{subject, moved_to("mail")});
  const auto pause = [&](const std::string& queue) {
    events.then(pause_acknowledged{queue, subject.shard()});
  };
  const auto start = [&] {
    events.then(run_granted{subject, first}).then(run_started{subject, first, 1, 1, "worker0"});
  };
  SECTION("moved into the paused queue") {
    events.then(change_answered{subject, true});
    pause("mail");
    start();
    CHECK(is_reported(events.end(), "the pause of its queue 'mail' was acknowledged"));
  }
  SECTION("moved out of the paused queue") {
    events.then(change_answered{subject, true});
    pause("default");
    start();
    CHECK(events.end().empty());
  }
  SECTION("the move was refused") {
    events.then(change_answered{subject, false});
    pause("mail");
    start();
    CHECK(events.end().empty());
  }
  SECTION("the move has no answer so far") {
    pause("mail");
    start();
    CHECK(events.end().empty());
  }
}

TEST_CASE("the counts of a queue include the tasks that were moved there", "[checkers]") {
  observation_sequence events{counts_agree()};
  task_spec spec;
  spec.kind = "bake";
  auto moved = shown_in("mail");
  moved.state = task_state::succeeded;
  tasks_counted counted;
  events.then(task_offered{1, spec}).then(change_requested{subject, moved_to("mail")});
  const auto end = [&] {
    return events.then(tasks_listed{{moved}}).then(counted).then(tasks_listed{{moved}}).end();
  };
  SECTION("it is counted there alone") {
    counted.counts[{"mail", moved.state}] = 1;
    CHECK(end().empty());
  }
  SECTION("it is counted in both queues") {
    counted.counts[{"mail", moved.state}] = counted.counts[{"default", moved.state}] = 1;
    CHECK(end().size() == 1);
  }
  SECTION("it is counted in its former queue") {
    counted.counts[{"default", moved.state}] = 1;
    CHECK(end().size() == 2); // One of each queue.
  }
}
