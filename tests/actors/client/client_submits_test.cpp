#include "submits_fixture.hpp"

#include "random/prng.hpp"
#include "wire/shard_of.hpp"

#include <map>

using namespace belfry;
using test::submits_fixture;

TEST_CASE_METHOD(submits_fixture, "a task alone goes out at once", "[client]") {
  submits.open(2);
  add("a");
  submits.pump(send);

  REQUIRE(sent.size() == 1);
  CHECK(sent[0].client() == 77);
  CHECK(sent[0].sequence() == 1);
  CHECK(on_submitted(accepted(sent[0])).settled == 1);
  CHECK(answers == std::vector<std::string>{"a 1-100"});
  CHECK(submits.is_idle());
}

TEST_CASE_METHOD(submits_fixture, "clients that submit one task spread over the shards",
                 "[client]") {
  std::map<std::uint32_t, int> tasks;
  prng random{1};
  for (int i = 0; i < 400; ++i) {
    client_submits fresh_client{{random.next()}, {}};
    fresh_client.open(4);
    task_spec task;
    task.kind = "a";
    fresh_client.add(std::move(task), {});
    fresh_client.pump([&](std::uint32_t shard, const std::vector<char>&) { ++tasks[shard]; });
  }
  REQUIRE(tasks.size() == 4);
  for (const auto& [shard, count] : tasks)
    CHECK(count > 60);
}

TEST_CASE_METHOD(submits_fixture, "tasks gather while a batch is under way", "[client]") {
  submits.open(1);
  for (const auto* name : {"a", "b", "c", "d", "e"}) {
    add(name);
    submits.pump(send);
  }
  REQUIRE(sent.size() == 1);

  on_submitted(accepted(sent[0]));
  submits.pump(send);
  on_submitted(accepted(sent[1]));
  submits.pump(send);

  REQUIRE(sent.size() == 3);
  CHECK(kinds(0) == "a");
  CHECK(kinds(1) == "bcd"); // No more than three in a batch.
  CHECK(kinds(2) == "e");
  CHECK(sent[2].sequence() == 3);
}

TEST_CASE_METHOD(submits_fixture, "a batch has a limit in bytes, and a large task goes alone",
                 "[client]") {
  submits.open(1);
  add("a");
  submits.pump(send);
  add("b", "", 600);
  add("c", "", 600);
  add("d", "", 5'000);
  add("e");
  for (std::size_t i = 0; i < 4; ++i) {
    on_submitted(accepted(sent.at(i)));
    submits.pump(send);
  }
  CHECK(kinds(1) == "b");
  CHECK(kinds(2) == "c");
  CHECK(kinds(3) == "d");
  CHECK(kinds(4) == "e");
}

TEST_CASE_METHOD(submits_fixture, "tasks without a key go to whichever shard is free", "[client]") {
  submits.open(3);
  for (const auto* name : {"a", "b", "c", "d"}) {
    add(name);
    submits.pump(send);
  }
  REQUIRE(sent.size() == 3);
  CHECK(sent[0].shard() != sent[1].shard());
  CHECK(sent[1].shard() != sent[2].shard());

  on_submitted(accepted(sent[1]));
  submits.pump(send);

  REQUIRE(sent.size() == 4);
  CHECK(sent[3].shard() == sent[1].shard());
  CHECK(sent[3].sequence() == 2);
}

TEST_CASE_METHOD(submits_fixture, "a task with a key waits for the shard of its key", "[client]") {
  submits.open(4);
  const auto home = wire::shard_of_key("default", "order-17", 4);
  add("a", "order-17");
  submits.pump(send);
  add("b", "order-17");
  submits.pump(send);

  REQUIRE(sent.size() == 1);
  CHECK(sent[0].shard() == home);
  on_submitted(accepted(sent[0]));
  submits.pump(send);
  REQUIRE(sent.size() == 2);
  CHECK(sent[1].shard() == home);
}

TEST_CASE_METHOD(submits_fixture, "tasks with a key and without take turns", "[client]") {
  submits.open(1);
  add("a", "key");
  submits.pump(send);
  for (const auto* name : {"b", "c", "d", "e"}) {
    add(name, "key");
    add(std::string{name} + "'");
  }
  for (std::size_t i = 0; i < 4; ++i) {
    on_submitted(accepted(sent.at(i)));
    submits.pump(send);
  }
  CHECK(kinds(1) == "b'c'd'");
  CHECK(kinds(2) == "bcd");
  CHECK(kinds(3) == "e'");
  CHECK(kinds(4) == "e");
}

TEST_CASE_METHOD(submits_fixture, "tasks wait until the number of shards is known", "[client]") {
  add("a");
  submits.pump(send);
  CHECK(sent.empty());
  CHECK_FALSE(submits.is_idle());

  submits.open(1);
  submits.pump(send);
  CHECK(kinds(0) == "a");
}

TEST_CASE_METHOD(submits_fixture, "a new connection repeats the same sequences", "[client]") {
  submits.open(2);
  add("a");
  submits.pump(send);
  add("b");
  submits.pump(send);
  on_submitted(accepted(sent[0]));
  sent.clear();

  submits.resend_all([](std::uint32_t) { return true; }, send);

  REQUIRE(sent.size() == 1);
  CHECK(kinds(0) == "b");
  CHECK(sent[0].sequence() == 1);
}

TEST_CASE_METHOD(submits_fixture, "a batch names the greatest id that its shard has given",
                 "[client]") {
  submits.open(1);
  for (const auto* name : {"a", "b", "c"}) {
    add(name);
    submits.pump(send);
  }
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].latest_id() == 0);
  on_submitted(accepted(sent[0]));
  submits.pump(send);
  REQUIRE(sent.size() == 2);
  CHECK(sent[1].latest_id() == task_id::of({0}, 100).value);

  on_submitted(accepted(sent[1]));
  add("d");
  submits.pump(send);
  REQUIRE(sent.size() == 3);
  CHECK(sent[2].latest_id() == task_id::of({0}, 201).value);
}

TEST_CASE_METHOD(submits_fixture, "a batch that backs off is resent though other shards have moved",
                 "[client]") {
  submits.open(2);
  add("a");
  submits.pump(send);
  const auto resting = sent[0].shard();
  REQUIRE(on_submitted(refused(sent[0], errc::unavailable, 25)).pause);
  sent.clear();

  submits.resend_all([&](std::uint32_t shard) { return shard != resting; }, send);
  CHECK(sent.empty());
  submits.resend(resting, 1, send);
  REQUIRE(sent.size() == 1);
  CHECK(kinds(0) == "a");
}

TEST_CASE_METHOD(submits_fixture, "an answer that comes twice or late changes nothing",
                 "[client]") {
  submits.open(1);
  add("a");
  submits.pump(send);
  add("b");
  on_submitted(accepted(sent[0]));
  submits.pump(send);

  CHECK(on_submitted(accepted(sent[0])).settled == 0); // Of the batch before.
  CHECK(answers.size() == 1);
  CHECK(on_submitted(accepted(sent[1])).settled == 1);
  CHECK(on_submitted(accepted(sent[1])).settled == 0);
  CHECK(answers.size() == 2);
}

TEST_CASE_METHOD(submits_fixture, "answers to another client or shard change nothing", "[client]") {
  submits.open(1);
  add("a");
  submits.pump(send);
  auto foreign = accepted(sent[0]);
  foreign.set_client(78);
  CHECK(on_submitted(foreign).settled == 0);
  auto beyond = accepted(sent[0]);
  beyond.set_shard(9);
  CHECK(on_submitted(beyond).settled == 0);
  CHECK(answers.empty());
}

TEST_CASE_METHOD(submits_fixture, "a batch that is refused temporarily is resent after the pause",
                 "[client]") {
  submits.open(1);
  add("a");
  submits.pump(send);

  const auto verdict = on_submitted(refused(sent[0], errc::overloaded, 250));
  REQUIRE(verdict.pause);
  CHECK(*verdict.pause == duration{250});
  CHECK(answers.empty());

  submits.pump(send);
  for (std::uint32_t i = 0; i < 2 * resend_ticks; ++i)
    submits.tick(send);
  CHECK(sent.size() == 1); // Not before the pause is over.

  submits.resend(0, 1, send);
  REQUIRE(sent.size() == 2);
  CHECK(sent[1].sequence() == 1);
  submits.resend(0, 1, send);
  CHECK(sent.size() == 2);
}

TEST_CASE_METHOD(submits_fixture, "a batch that is refused permanently fails its tasks",
                 "[client]") {
  submits.open(1);
  add("a");
  submits.pump(send);
  CHECK(on_submitted(refused(sent[0], errc::invalid_argument, 0)).settled == 1);
  CHECK(answers == std::vector<std::string>{"a invalid_argument"});
  CHECK(submits.is_idle());
}

TEST_CASE_METHOD(submits_fixture, "each task of a batch has its own outcome", "[client]") {
  submits.open(1);
  add("x");
  submits.pump(send);
  for (const auto* name : {"a", "b", "c"})
    add(name);
  on_submitted(accepted(sent[0]));
  submits.pump(send);
  answers.clear();

  auto answer = accepted(sent[1]);
  answer.mutable_outcomes(1)->mutable_failure()->set_code(
      static_cast<std::uint32_t>(errc::too_large));
  answer.mutable_outcomes(2)->set_is_duplicate(true);
  on_submitted(answer);

  CHECK(answers == std::vector<std::string>{"a 0-200", "b too_large", "c 0-202 again"});
}

TEST_CASE_METHOD(submits_fixture, "an answer that lacks outcomes fails the tasks it lacks",
                 "[client]") {
  submits.open(1);
  add("a");
  submits.pump(send);
  auto answer = accepted(sent[0]);
  answer.clear_outcomes();
  on_submitted(answer);
  CHECK(answers == std::vector<std::string>{"a unavailable"});
}

TEST_CASE_METHOD(submits_fixture, "a batch that stays unanswered is sent again", "[client]") {
  submits.open(1);
  add("a");
  submits.pump(send);
  for (std::uint32_t i = 0; i < resend_ticks - 1; ++i)
    submits.tick(send);
  CHECK(sent.size() == 1);
  submits.tick(send);
  REQUIRE(sent.size() == 2);
  CHECK(sent[1].sequence() == 1);
}

TEST_CASE_METHOD(submits_fixture, "all that is open fails when the client closes", "[client]") {
  SECTION("connected") {
    submits.open(1);
    add("a");
    submits.pump(send);
    add("b");
    add("c", "key");
  }
  SECTION("never connected") {
    add("a");
    add("b");
    add("c");
  }
  bool is_flushed = false;
  submits.flush([&](result<done>) { is_flushed = true; });

  CHECK(submits.fail_all({errc::cancelled, "closed"}) == 3);
  CHECK(answers == std::vector<std::string>{"a cancelled", "b cancelled", "c cancelled"});
  CHECK(submits.is_idle());
  CHECK(is_flushed);
}

TEST_CASE_METHOD(submits_fixture, "a flush waits for what was submitted before, not for more",
                 "[client]") {
  int flushed = 0;
  const auto flush = [&] { submits.flush([&](result<done>) { ++flushed; }); };
  flush();
  CHECK(flushed == 1); // Nothing was open.

  submits.open(1);
  add("a");
  submits.pump(send);
  flush();
  add("b");
  CHECK(flushed == 1);
  on_submitted(accepted(sent[0]));
  CHECK(flushed == 2);

  submits.pump(send);
  flush();
  flush();
  on_submitted(accepted(sent[1]));
  CHECK(flushed == 4);
}

TEST_CASE_METHOD(submits_fixture, "a flush before the connection waits for all that is open",
                 "[client]") {
  int flushed = 0;
  add("a");
  submits.flush([&](result<done>) { ++flushed; });
  submits.open(2);
  submits.pump(send);
  add("b");
  submits.pump(send);
  CHECK(flushed == 0);
  on_submitted(accepted(sent[0]));
  CHECK(flushed == 1);
}
