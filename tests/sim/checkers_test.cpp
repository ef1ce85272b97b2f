// The checkers of running tasks report every violation, and nothing in a correct run.
#include "observation_sequence.hpp"

#include <catch2/catch.hpp>

using namespace belfry;
using namespace belfry::sim;
using namespace std::chrono_literals;

namespace {

constexpr fencing_token second{2};

task_spec spec(duration delay = 0s) {
  task_spec result;
  result.kind = "bake";
  result.delay = delay;
  return result;
}

task_info info(task_state state, fencing_token token = first, std::string output = "1") {
  task_info result;
  result.id = subject;
  result.state = state;
  result.token = token;
  result.attempt = 1;
  result.output = std::move(output);
  return result;
}

observation_sequence accepted(std::unique_ptr<checker> rule, duration delay = 0s) {
  observation_sequence result{std::move(rule)};
  result.then(task_offered{1, spec(delay)}).then(task_accepted{1, subject, false});
  return result;
}

observation_sequence& start(observation_sequence& events, fencing_token token) {
  return events.then(run_granted{subject, token})
      .then(run_started{subject, token, 1, 1, "worker0"});
}

} // namespace

TEST_CASE("a task that is settled once is not reported as lost", "[checkers]") {
  auto events = accepted(nothing_lost());
  events.then(task_observed{info(task_state::running)})
      .then(task_observed{info(task_state::succeeded)});
  CHECK(events.end().empty());
}

TEST_CASE("a task that is never settled, unknown or settled twice is reported as lost",
          "[checkers]") {
  auto events = accepted(nothing_lost());
  SECTION("never settled") {
    events.then(task_observed{info(task_state::ready)});
  }
  SECTION("unknown") {
    events.then(task_observed{info(task_state::dead)}).then(task_missing{subject});
  }
  SECTION("settled twice") {
    events.then(task_observed{info(task_state::dead)})
        .then(task_observed{info(task_state::cancelled)});
  }
  SECTION("settled, and then not") {
    events.then(task_observed{info(task_state::dead)})
        .then(task_observed{info(task_state::running)});
  }
  SECTION("dead although a cancel was acknowledged") {
    events.then(cancel_acknowledged{subject}).then(task_observed{info(task_state::dead)});
  }
  CHECK(events.end().size() == 1);
}

TEST_CASE("a submission without an answer is reported as lost", "[checkers]") {
  observation_sequence events{nothing_lost()};
  events.then(task_offered{1, spec()});
  CHECK(events.end().size() == 1);
}

TEST_CASE("a start after the due time is not early", "[checkers]") {
  auto events = accepted(nothing_early(), 3s);
  start(events, first);
  CHECK(events.end().empty());
}

TEST_CASE("a retry may start after the start-by deadline", "[checkers]") {
  observation_sequence events{nothing_early()};
  auto task = spec();
  task.start_by = events.now() + 6s;
  events.then(task_offered{1, task}).then(task_accepted{1, subject, false});
  start(events, first);
  CHECK(events.now() <= *task.start_by);
  for (int i = 0; i < 6; ++i)
    events.then(cancel_requested{{9}});
  start(events, second);
  CHECK(events.end().empty());
}

TEST_CASE("a run that must not start is reported", "[checkers]") {
  SECTION("before its due time") {
    auto events = accepted(nothing_early(), 4s);
    start(events, first);
    CHECK(events.end().size() == 1);
  }
  SECTION("without a grant") {
    auto events = accepted(nothing_early());
    events.then(run_started{subject, first, 1, 1, "worker0"});
    CHECK(events.end().size() == 1);
  }
  SECTION("after a cancel") {
    auto events = accepted(nothing_early());
    start(events.then(cancel_acknowledged{subject}), first);
    CHECK(events.end().size() == 1);
  }
  SECTION("in a paused queue") {
    auto events = accepted(nothing_early());
    events.then(fault_injected{"link_cut"}).then(pause_acknowledged{"default", subject.shard()});
    start(events, first);
    CHECK(events.end().size() == 1);
  }
  SECTION("before a snooze is over") {
    auto events = accepted(nothing_early());
    start(events, first).then(run_ended{subject, first, run_ended::ending::snoozed, 3s});
    start(events, second);
    CHECK(events.end().size() == 1);
  }
}

TEST_CASE("a run after a deadline for its start is reported", "[checkers]") {
  SECTION("of start-by") {
    observation_sequence events{nothing_early()};
    auto task = spec();
    task.start_by = events.now() + 2s;
    events.then(task_offered{1, task}).then(task_accepted{1, subject, false});
    start(events, first);
    CHECK(events.end().size() == 1);
  }
  SECTION("of start-by, though it was granted before") {
    observation_sequence events{nothing_early()};
    auto task = spec();
    task.start_by = events.now() + 4s;
    events.then(task_offered{1, task}).then(run_granted{subject, first});
    for (int i = 0; i < 6; ++i)
      events.then(cancel_requested{{9}});
    events.then(run_started{subject, first, 1, 1, "worker0"});
    CHECK(events.end().size() == 1);
  }
  SECTION("of start-by, though an earlier attempt was lost") {
    observation_sequence events{nothing_early()};
    auto task = spec();
    task.start_by = events.now() + 2s;
    events.then(task_offered{1, task}).then(task_accepted{1, subject, false});
    events.then(run_granted{subject, first}).then(run_granted{subject, second});
    events.then(run_started{subject, second, 2, 1, "worker0"});
    CHECK(events.end().size() == 1);
  }
  SECTION("of complete-by, as a retry") {
    observation_sequence events{nothing_early()};
    auto task = spec();
    task.complete_by = events.now() + 6s;
    events.then(task_offered{1, task}).then(task_accepted{1, subject, false});
    start(events, first);
    for (int i = 0; i < 6; ++i)
      events.then(cancel_requested{{9}});
    start(events, second);
    CHECK(events.end().size() == 1);
  }
}

TEST_CASE("a clock that was set excuses a late start", "[checkers]") {
  observation_sequence events{nothing_early()};
  auto task = spec();
  task.start_by = events.now() + 2s;
  events.then(task_offered{1, task}).then(fault_injected{"clock_step wrong_by_ms=60000"});
  for (int i = 0; i < 6; ++i)
    events.then(cancel_requested{{9}});
  start(events, first);
  CHECK(events.end().empty());
}

TEST_CASE("a run granted before the cancel or the pause may still start", "[checkers]") {
  auto events = accepted(nothing_early());
  events.then(run_granted{subject, first})
      .then(cancel_acknowledged{subject})
      .then(pause_acknowledged{"default", subject.shard()})
      .then(run_started{subject, first, 1, 1, "worker0"});
  CHECK(events.end().empty());
}

TEST_CASE("a run that a stalled owner grants after a cancel or a pause must not start",
          "[checkers]") {
  auto events = accepted(nothing_early());
  events.then(cancel_acknowledged{subject})
      .then(pause_acknowledged{"default", subject.shard()})
      .then(run_granted{subject, first});
  CHECK(events.end().empty());
}

TEST_CASE("a run that starts long after its queue was paused is reported", "[checkers]") {
  auto events = accepted(nothing_early());
  events.then(run_granted{subject, first}).then(pause_acknowledged{"default", subject.shard()});
  SECTION("without faults") {
    events.then(cancel_requested{subject}).then(run_started{subject, first, 1, 1, "worker0"});
    CHECK(events.end().size() == 1);
  }
  SECTION("but not after a fault that may have lost the message") {
    events.then(fault_injected{"link_cut"}).then(run_started{subject, first, 1, 1, "worker0"});
    CHECK(events.end().empty());
  }
}

TEST_CASE("a resumed queue runs again", "[checkers]") {
  auto events = accepted(nothing_early());
  events.then(pause_acknowledged{"default", subject.shard()}).then(resume_requested{"default"});
  start(events, first);
  CHECK(events.end().empty());
}

TEST_CASE("more failures than the policy allows are reported", "[checkers]") {
  observation_sequence events{attempts_bounded()};
  auto task = spec();
  task.retry.attempts_max = 2;
  events.then(task_offered{1, task}).then(task_accepted{1, subject, false});
  for (const std::uint64_t token : {1, 2})
    start(events, {token}).then(run_ended{subject, {token}, run_ended::ending::failed, 0s});
  start(events, {3}).then(run_ended{subject, {3}, run_ended::ending::interrupted, 0s});
  SECTION("as many as allowed") {
    CHECK(events.end().empty());
  }
  SECTION("one too many") {
    start(events, {4}).then(run_ended{subject, {4}, run_ended::ending::failed, 0s});
    CHECK(events.end().size() == 1);
  }
}

TEST_CASE("a fencing token that does not grow is reported", "[checkers]") {
  auto events = accepted(tokens_grow());
  start(events, second);
  SECTION("the same token") {
    start(events, second);
  }
  SECTION("a smaller token") {
    start(events, first);
  }
  CHECK(events.end().size() == 1);
}

TEST_CASE("a submission that runs as two tasks is reported", "[checkers]") {
  auto events = accepted(tokens_grow());
  start(events, first).then(run_started{{8}, second, 1, 1, "worker0"});
  CHECK(events.end().size() == 1);
}

TEST_CASE("a run that starts while another is in progress is reported", "[checkers]") {
  auto events = accepted(one_at_a_time());
  start(events, first);
  SECTION("when no session expired") {
    events.then(fault_injected{"actor_kill name=dispatcher index=0"});
    start(events, second);
    CHECK(events.end().size() == 1);
  }
  SECTION("but not when a session may have expired") {
    events.then(fault_injected{"freeze node=worker0 span_ms=20000"});
    start(events, second);
    CHECK(events.end().empty());
  }
  SECTION("nor when the other run has ended") {
    events.then(run_ended{subject, first, run_ended::ending::failed, 0s});
    start(events, second);
    CHECK(events.end().empty());
  }
}

TEST_CASE("a result belongs to the last run", "[checkers]") {
  auto events = accepted(tokens_grow());
  start(events, first).then(run_ended{subject, first, run_ended::ending::succeeded, 0s, "1"});
  SECTION("it does") {
    events.then(task_observed{info(task_state::succeeded)});
    CHECK(events.end().empty());
  }
  SECTION("a later run started") {
    start(events, second).then(task_observed{info(task_state::succeeded)});
    CHECK(events.end().size() == 1);
  }
  SECTION("it has the output of another run") {
    events.then(task_observed{info(task_state::succeeded, first, "9")});
    CHECK(events.end().size() == 1);
  }
}

TEST_CASE("a duplicate may be acknowledged before the original", "[checkers]") {
  observation_sequence events{nothing_lost()};
  events.then(task_offered{1, spec()}).then(task_offered{2, spec()}).then(task_offered{3, spec()});
  events.then(task_accepted{2, subject, true}).then(task_accepted{1, subject, false});
  events.then(task_observed{info(task_state::succeeded)});
  SECTION("no other task") {
    events.then(task_accepted{3, subject, true});
    CHECK(events.end().empty());
  }
  SECTION("the id is assigned to a second submission") {
    events.then(task_accepted{3, subject, false});
    CHECK(events.end().size() == 1);
  }
}

TEST_CASE("a task that an outbox accepted becomes exactly one task", "[checkers]") {
  observation_sequence events{deferred_delivered()};
  events.then(task_deferred{1, "mail", "~7-1"});
  auto listed_task = info(task_state::succeeded);
  listed_task.queue = "mail";
  listed_task.key = "~7-1";
  auto duplicate = listed_task;
  duplicate.id = {8};
  auto other = listed_task;
  other.queue = "default";
  SECTION("one") {
    events.then(tasks_listed{{listed_task}}).then(tasks_listed{{listed_task}});
    CHECK(events.end().empty());
  }
  SECTION("none") {
    events.then(tasks_listed{{other}});
    CHECK(events.end().size() == 1);
  }
  SECTION("two") {
    events.then(tasks_listed{{listed_task, duplicate}});
    CHECK(events.end().size() == 1);
  }
}

TEST_CASE("an alarm is reported unless a disk fault was injected", "[checkers]") {
  observation_sequence events{no_alarm()};
  SECTION("an error is logged") {
    events.then(line_logged{true, "shard.failed"});
    CHECK(events.end().size() == 1);
  }
  SECTION("the server fails") {
    events.then(server_failed{"its disk"});
    CHECK(events.end().size() == 1);
  }
  SECTION("after a disk fault") {
    events.then(fault_injected{"disk_failed_sync"})
        .then(line_logged{true, "shard.failed"})
        .then(server_failed{"its disk"});
    CHECK(events.end().empty());
  }
  SECTION("but an exception and a failed audit are always reported") {
    events.then(fault_injected{"disk_failed_sync"}).then(actor_threw{"x"}).then(audit_failed{"y"});
    CHECK(events.end().size() == 2);
  }
}
