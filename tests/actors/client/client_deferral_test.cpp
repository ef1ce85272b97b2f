#include "submits_fixture.hpp"

using namespace belfry;
using test::submits_fixture;

TEST_CASE_METHOD(submits_fixture, "a task goes to an outbox when its shard does not answer",
                 "[client]") {
  submits.open(1);
  submits.set_outbox_queues({"default"});
  add("a", "key");
  submits.pump(send);
  submits.defer(send_to_outbox);
  pass_ticks(defer_ticks - 1);
  CHECK(deferred.empty());
  pass_ticks(1);
  REQUIRE(deferred.size() == 1);
  CHECK(deferred[0].sequence() == sent.at(0).sequence());
  pass_ticks(defer_ticks); // That outbox may not be there either.
  CHECK(deferred.size() == 2);

  auto answer = accepted(deferred[0]);
  answer.mutable_outcomes(0)->set_id(0);
  answer.mutable_outcomes(0)->set_is_deferred(true);
  CHECK(on_submitted(answer).settled == 1);
  CHECK(submits.is_idle());
  CHECK(on_submitted(accepted(sent.at(0))).settled == 0); // Its shard answers after all.
}

TEST_CASE_METHOD(submits_fixture, "while a shard is unreachable, its tasks go to outboxes at once",
                 "[client]") {
  submits.open(1);
  submits.set_outbox_queues({"default"});
  const auto round = [&](const std::string& name) {
    add(name, name);
    submits.pump(send);
    submits.defer(send_to_outbox);
  };
  round("a");
  pass_ticks(defer_ticks);
  auto answer = accepted(deferred.at(0));
  answer.mutable_outcomes(0)->set_is_deferred(true);
  on_submitted(answer);

  round("b");
  CHECK(sent.size() == 2); // Its shard, too: it may be back.
  REQUIRE(deferred.size() == 2);
  on_submitted(accepted(sent.at(1)));

  round("c");
  CHECK(deferred.size() == 2);
}

TEST_CASE_METHOD(submits_fixture, "a shard that refuses temporarily is not unreachable",
                 "[client]") {
  submits.open(1);
  submits.set_outbox_queues({"default"});
  add("a", "key");
  submits.pump(send);
  for (int i = 0; i < 10; ++i) {
    pass_ticks(1);
    on_submitted(refused(sent.back(), errc::overloaded, 1));
    submits.resend(0, 1, send);
  }
  CHECK(deferred.empty());
  on_submitted(refused(sent.back(), errc::overloaded, 5'000));
  pass_ticks(10 * defer_ticks);
  CHECK(deferred.empty());
  submits.resend(0, 1, send);
  for (int i = 0; i < 10; ++i) {
    pass_ticks(1);
    on_submitted(refused(sent.back(), errc::unavailable, 1));
    submits.resend(0, 1, send);
  }
  CHECK_FALSE(deferred.empty());
}

TEST_CASE_METHOD(submits_fixture, "only tasks that may arrive twice go to an outbox", "[client]") {
  submits.open(1);
  submits.set_outbox_queues({"default"});
  add("a"); // Gets a key.
  add("b"); // Another one.
  task_spec brief;
  brief.kind = "c";
  brief.key = "mine";
  brief.key_ttl = duration{1'000}; // Another task's by the time it is delivered.
  submits.add(std::move(brief), {});
  task_spec closed;
  closed.kind = "d";
  closed.queue = "other";
  submits.add(std::move(closed), {});
  submits.pump(send);
  pass_ticks(defer_ticks);
  for (int round = 0; round < 4; ++round) {
    on_submitted(accepted(sent.back()));
    submits.pump(send);
    pass_ticks(defer_ticks);
  }
  REQUIRE(deferred.size() == 1);
  REQUIRE(deferred[0].tasks_size() == 2);
  CHECK(deferred[0].tasks(0).key() != deferred[0].tasks(1).key());
  CHECK_FALSE(deferred[0].tasks(0).key().empty());
  CHECK(submits.is_idle());
}

TEST_CASE_METHOD(submits_fixture, "a generated key never makes a duplicate", "[client]") {
  submits.open(1);
  submits.set_outbox_queues({"default"});
  add("a");
  submits.pump(send);
  auto answer = accepted(sent.at(0));
  answer.mutable_outcomes(0)->set_is_duplicate(true); // An outbox was quicker.
  on_submitted(answer);
  CHECK(answers == std::vector<std::string>{"a 0-100"});
}
