// What a shard tells and hears of the deadlines for the starts of runs.
#include "shard_fixture.hpp"

using namespace belfry;
using namespace std::chrono_literals;

TEST_CASE_METHOD(shard_fixture, "a grant says how long the run may wait before it starts",
                 "[shard]") {
  serve();
  auto urgent = spec();
  urgent.start_by = time->now() + 700ms;
  accept(urgent);
  accept(spec());
  tell(dispatcher, worker_attached{{5}, worker.actor(), {}});
  tell(dispatcher, grant_tasks{{5}, "default", "wash", 10});
  advance(200ms); // The disk is slow.
  written();
  REQUIRE(grants().size() == 1);
  CHECK(grants()[0].runs(0).start_within_ms() == 500);
  CHECK_FALSE(grants()[0].runs(1).has_start_within_ms());
}

TEST_CASE_METHOD(shard_fixture, "a grant with a deadline says when the shard heard of the worker",
                 "[shard]") {
  serve();
  auto urgent = spec();
  urgent.complete_by = time->now() + 700ms;
  accept(urgent);
  accept(spec());
  tell(dispatcher, worker_attached{{5}, worker.actor(), {}, {}, 7});
  advance(100ms);
  SECTION("in its Attach") {
    request_grant();
    advance(200ms); // The disk is slow.
    written();
    REQUIRE(grants().size() == 1);
    CHECK(grants()[0].runs(0).start_within_ms() == 400);
    CHECK(grants()[0].heard_number() == 7);
    CHECK(grants()[0].heard_ms_ago() == 300);
  }
  SECTION("in its latest heartbeat") {
    tell(dispatcher, worker_heartbeat{{5}, {}, {}, 8});
    request_grant();
    advance(50ms);
    written();
    REQUIRE(grants().size() == 1);
    CHECK(grants()[0].heard_number() == 8);
    CHECK(grants()[0].heard_ms_ago() == 50);
    SECTION("but not without a deadline") {
      request_grant();
      written();
      REQUIRE(grants().size() == 2);
      CHECK(grants()[1].heard_number() == 0);
    }
  }
}

TEST_CASE_METHOD(shard_fixture, "a shard records that a run with a deadline has begun", "[shard]") {
  serve();
  auto urgent = spec();
  urgent.start_by = time->now() + 700ms;
  const task_id id{accept(urgent)};
  tell(dispatcher,
       worker_attached{.session = {5}, .worker = worker.actor(), .held = {}, .tells_begin = true});
  request_grant();
  written();
  const fencing_token token{grants().back().runs(0).token()};
  keeper.received().clear();
  SECTION("as a heartbeat tells") {
    tell(dispatcher, worker_heartbeat{{5}, {}, {{id, token}}, 8});
  }
  SECTION("as an Attach tells") {
    tell(dispatcher,
         worker_attached{{5}, worker.actor(), {{{5}, id, token}}, {{id, token}}, 8, {}, true});
  }
  REQUIRE(batches().size() == 1);
  CHECK(batches()[0].batch.count == 1);
}
