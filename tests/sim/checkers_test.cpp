// The checkers of what happens on the way find what they are there to find, and nothing in a run
// that went well.
#include "observation_sequence.hpp"

#include <catch2/catch.hpp>

using namespace belfry;
using namespace belfry::sim;
using namespace std::chrono_literals;

namespace {

constexpr fencing_token second{2};

task_spec spec(duration delay = 0s) {
  task_spec made;
  made.kind = "bake";
  made.delay = delay;
  return made;
}

task_info info(task_state state, fencing_token token = first, std::string output = "1") {
  task_info made;
  made.id = bake;
  made.state = state;
  made.token = token;
  made.attempt = 1;
  made.output = std::move(output);
  return made;
}

observation_sequence accepted(std::unique_ptr<checker> of, duration delay = 0s) {
  observation_sequence made{std::move(of)};
  made.then(task_offered{1, spec(delay)}).then(task_accepted{1, bake, false});
  return made;
}

observation_sequence& begin(observation_sequence& it, fencing_token token) {
  return it.then(run_granted{bake, token}).then(run_started{bake, token, 1, 1, "worker0"});
}

} // namespace

TEST_CASE("a task that is settled once is not lost", "[checkers]") {
  auto it = accepted(nothing_lost());
  it.then(task_observed{info(task_state::running)})
      .then(task_observed{info(task_state::succeeded)});
  CHECK(it.end().empty());
}

TEST_CASE("a task that is never settled, unknown or settled twice counts as lost", "[checkers]") {
  auto it = accepted(nothing_lost());
  SECTION("never settled") {
    it.then(task_observed{info(task_state::ready)});
  }
  SECTION("unknown") {
    it.then(task_observed{info(task_state::dead)}).then(task_missing{bake});
  }
  SECTION("settled twice") {
    it.then(task_observed{info(task_state::dead)}).then(task_observed{info(task_state::cancelled)});
  }
  SECTION("settled, and then not") {
    it.then(task_observed{info(task_state::dead)}).then(task_observed{info(task_state::running)});
  }
  SECTION("dead in spite of a cancel") {
    it.then(cancel_acknowledged{bake}).then(task_observed{info(task_state::dead)});
  }
  CHECK(it.end().size() == 1);
}

TEST_CASE("a submission that nobody answers counts as lost", "[checkers]") {
  observation_sequence it{nothing_lost()};
  it.then(task_offered{1, spec()});
  CHECK(it.end().size() == 1);
}

TEST_CASE("a start after its due time is not early", "[checkers]") {
  auto it = accepted(nothing_early(), 3s);
  begin(it, first);
  CHECK(it.end().empty());
}

TEST_CASE("a second attempt may come after the start-by instant", "[checkers]") {
  observation_sequence it{nothing_early()};
  auto wish = spec();
  wish.start_by = it.now() + 2s;
  it.then(task_offered{1, wish}).then(task_accepted{1, bake, false});
  it.then(run_granted{bake, second, 2}).then(run_started{bake, second, 2, 1, "worker0"});
  CHECK(it.end().empty());
}

TEST_CASE("what may not start yet or any more is early", "[checkers]") {
  SECTION("before its due time") {
    auto it = accepted(nothing_early(), 4s);
    begin(it, first);
    CHECK(it.end().size() == 1);
  }
  SECTION("without a grant") {
    auto it = accepted(nothing_early());
    it.then(run_started{bake, first, 1, 1, "worker0"});
    CHECK(it.end().size() == 1);
  }
  SECTION("after a cancel") {
    auto it = accepted(nothing_early());
    begin(it.then(cancel_acknowledged{bake}), first);
    CHECK(it.end().size() == 1);
  }
  SECTION("in a paused queue") {
    auto it = accepted(nothing_early());
    it.then(fault_injected{"link_cut"}).then(pause_acknowledged{"default", bake.shard()});
    begin(it, first);
    CHECK(it.end().size() == 1);
  }
  SECTION("before a snooze is over") {
    auto it = accepted(nothing_early());
    begin(it, first).then(run_ended{bake, first, run_ended::ending::snoozed, 3s});
    begin(it, second);
    CHECK(it.end().size() == 1);
  }
  SECTION("after its start-by instant") {
    observation_sequence it{nothing_early()};
    auto wish = spec();
    wish.start_by = it.now() + 2s;
    it.then(task_offered{1, wish}).then(task_accepted{1, bake, false});
    begin(it, first);
    CHECK(it.end().size() == 1);
  }
}

TEST_CASE("a grant that left before the cancel or the pause may still start", "[checkers]") {
  auto it = accepted(nothing_early());
  it.then(run_granted{bake, first})
      .then(cancel_acknowledged{bake})
      .then(pause_acknowledged{"default", bake.shard()})
      .then(run_started{bake, first, 1, 1, "worker0"});
  CHECK(it.end().empty());
}

TEST_CASE("what a stopped owner grants after a cancel or a pause must not start", "[checkers]") {
  auto it = accepted(nothing_early());
  it.then(cancel_acknowledged{bake})
      .then(pause_acknowledged{"default", bake.shard()})
      .then(run_granted{bake, first});
  CHECK(it.end().empty());
}

TEST_CASE("a run that begins long after its queue was paused is found", "[checkers]") {
  auto it = accepted(nothing_early());
  it.then(run_granted{bake, first}).then(pause_acknowledged{"default", bake.shard()});
  SECTION("when nothing was broken") {
    it.then(cancel_requested{bake}).then(run_started{bake, first, 1, 1, "worker0"});
    CHECK(it.end().size() == 1);
  }
  SECTION("but the word may have been lost") {
    it.then(fault_injected{"link_cut"}).then(run_started{bake, first, 1, 1, "worker0"});
    CHECK(it.end().empty());
  }
}

TEST_CASE("a resumed queue runs again", "[checkers]") {
  auto it = accepted(nothing_early());
  it.then(pause_acknowledged{"default", bake.shard()}).then(resume_requested{"default"});
  begin(it, first);
  CHECK(it.end().empty());
}

TEST_CASE("more failures than the policy allows are counted", "[checkers]") {
  observation_sequence it{attempts_bounded()};
  auto wish = spec();
  wish.retry.attempts_max = 2;
  it.then(task_offered{1, wish}).then(task_accepted{1, bake, false});
  for (const std::uint64_t token : {1, 2})
    begin(it, {token}).then(run_ended{bake, {token}, run_ended::ending::failed, 0s});
  begin(it, {3}).then(run_ended{bake, {3}, run_ended::ending::interrupted, 0s});
  SECTION("as many as allowed") {
    CHECK(it.end().empty());
  }
  SECTION("one too many") {
    begin(it, {4}).then(run_ended{bake, {4}, run_ended::ending::failed, 0s});
    CHECK(it.end().size() == 1);
  }
}

TEST_CASE("a token that does not grow is found", "[checkers]") {
  auto it = accepted(tokens_grow());
  begin(it, second);
  SECTION("the same again") {
    begin(it, second);
  }
  SECTION("a smaller one") {
    begin(it, first);
  }
  CHECK(it.end().size() == 1);
}

TEST_CASE("what was sent once and runs as two tasks is found", "[checkers]") {
  auto it = accepted(tokens_grow());
  begin(it, first).then(run_started{{8}, second, 1, 1, "worker0"});
  CHECK(it.end().size() == 1);
}

TEST_CASE("a run that begins while another goes on is found", "[checkers]") {
  auto it = accepted(one_at_a_time());
  begin(it, first);
  SECTION("when nobody was given up") {
    it.then(fault_injected{"actor_kill name=dispatcher index=0"});
    begin(it, second);
    CHECK(it.end().size() == 1);
  }
  SECTION("but not when a worker may have been") {
    it.then(fault_injected{"freeze node=worker0 span_ms=20000"});
    begin(it, second);
    CHECK(it.end().empty());
  }
  SECTION("nor when the other is over") {
    it.then(run_ended{bake, first, run_ended::ending::failed, 0s});
    begin(it, second);
    CHECK(it.end().empty());
  }
}

TEST_CASE("a result belongs to the last run", "[checkers]") {
  auto it = accepted(tokens_grow());
  begin(it, first).then(run_ended{bake, first, run_ended::ending::succeeded, 0s, "1"});
  SECTION("it does") {
    it.then(task_observed{info(task_state::succeeded)});
    CHECK(it.end().empty());
  }
  SECTION("a later one began") {
    begin(it, second).then(task_observed{info(task_state::succeeded)});
    CHECK(it.end().size() == 1);
  }
  SECTION("it has another one's output") {
    it.then(task_observed{info(task_state::succeeded, first, "9")});
    CHECK(it.end().size() == 1);
  }
}

TEST_CASE("a key that names two tasks is found", "[checkers]") {
  observation_sequence it{keys_hold()};
  auto wish = spec();
  wish.key = "daily";
  it.then(task_offered{1, wish}).then(task_offered{2, wish}).then(task_accepted{1, bake, false});
  SECTION("the same task") {
    it.then(task_accepted{2, bake, true});
    CHECK(it.end().empty());
  }
  SECTION("another one") {
    it.then(task_accepted{2, {8}, false});
    CHECK(it.end().size() == 1);
  }
}

TEST_CASE("answers about a key may cross", "[checkers]") {
  observation_sequence it{keys_hold()};
  auto wish = spec();
  wish.key = "brief";
  wish.key_ttl = 4s;
  it.then(task_offered{1, wish}).then(task_accepted{1, bake, false});
  it.then(task_offered{2, wish}); // A duplicate, whose answer is lost for a while.
  it.then(task_offered{3, wish}).then(task_accepted{3, {8}, false});
  SECTION("an old answer that comes late") {
    it.then(task_accepted{2, bake, true});
    CHECK(it.end().empty());
  }
  SECTION("one to what was sent when the next one was known") {
    it.then(task_offered{4, wish}).then(task_accepted{4, bake, true});
    CHECK(it.end().size() == 1);
  }
  SECTION("a new one that was sent too late to have been there before") {
    it.then(task_accepted{2, {9}, false});
    CHECK(it.end().size() == 1);
  }
}

TEST_CASE("a duplicate may be heard of before the task that it names", "[checkers]") {
  observation_sequence it{nothing_lost()};
  it.then(task_offered{1, spec()}).then(task_offered{2, spec()}).then(task_offered{3, spec()});
  it.then(task_accepted{2, bake, true}).then(task_accepted{1, bake, false});
  it.then(task_observed{info(task_state::succeeded)});
  SECTION("that is all") {
    it.then(task_accepted{3, bake, true});
    CHECK(it.end().empty());
  }
  SECTION("it is given to another one as well") {
    it.then(task_accepted{3, bake, false});
    CHECK(it.end().size() == 1);
  }
}

TEST_CASE("what an outbox accepted is one task in the end", "[checkers]") {
  observation_sequence it{deferred_delivered()};
  it.then(task_deferred{1, "mail", "~7-1"});
  auto one = info(task_state::succeeded);
  one.queue = "mail";
  one.key = "~7-1";
  auto twin = one;
  twin.id = {8};
  auto other = one;
  other.queue = "default";
  SECTION("one") {
    it.then(tasks_listed{{one}}).then(tasks_listed{{one}});
    CHECK(it.end().empty());
  }
  SECTION("none") {
    it.then(tasks_listed{{other}});
    CHECK(it.end().size() == 1);
  }
  SECTION("two") {
    it.then(tasks_listed{{one, twin}});
    CHECK(it.end().size() == 1);
  }
}

TEST_CASE("a key is free when its time is over, and not much later", "[checkers]") {
  observation_sequence it{keys_hold()};
  auto wish = spec();
  wish.key = "brief";
  wish.key_ttl = 2s;
  it.then(task_offered{1, wish}).then(task_accepted{1, bake, false});
  SECTION("another one then") {
    it.then(task_offered{2, wish}).then(task_accepted{2, {8}, false});
    CHECK(it.end().empty());
  }
  SECTION("the same one soon after") {
    it.then(task_offered{2, wish}).then(task_accepted{2, bake, true});
    CHECK(it.end().empty());
  }
  SECTION("the same one long after") {
    for (int second = 0; second < 5; ++second)
      it.then(faults_healed{});
    it.then(task_offered{2, wish}).then(task_accepted{2, bake, true});
    CHECK(it.end().size() == 1);
  }
  SECTION("the same one long after, when the first may have come late") {
    it.then(fault_injected{"link_cut"}).then(task_offered{2, wish});
    it.then(task_accepted{2, {8}, false});
    for (int second = 0; second < 10; ++second)
      it.then(faults_healed{});
    it.then(task_offered{3, wish}).then(task_accepted{3, {8}, true});
    CHECK(it.end().empty());
  }
}

TEST_CASE("an alarm counts unless the disk was made to fail", "[checkers]") {
  observation_sequence it{no_alarm()};
  SECTION("an error is logged") {
    it.then(line_logged{true, "shard.failed"});
    CHECK(it.end().size() == 1);
  }
  SECTION("the server gives up") {
    it.then(server_failed{"its disk"});
    CHECK(it.end().size() == 1);
  }
  SECTION("on a bad disk") {
    it.then(fault_injected{"disk_failed_sync"})
        .then(line_logged{true, "shard.failed"})
        .then(server_failed{"its disk"});
    CHECK(it.end().empty());
  }
  SECTION("but a throw and wrong books always count") {
    it.then(fault_injected{"disk_failed_sync"}).then(actor_threw{"x"}).then(audit_failed{"y"});
    CHECK(it.end().size() == 2);
  }
}
