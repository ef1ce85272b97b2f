// How a shard accepts tasks.
#include "shard_fixture.hpp"

using namespace belfry;
using namespace std::chrono_literals;

TEST_CASE_METHOD(shard_fixture, "a task is accepted only when its batch is written", "[shard]") {
  serve();
  submit(spec());
  expect<lane_update>(dispatcher);
  const auto request = expect<write_batch>(keeper).get_as<write_batch>(0);
  log.expect_nothing();
  CHECK(request.level == durability::durable);
  CHECK(request.batch.first == 1);
  written();
  expect<submitted_atom, envelope>(client);
  log.expect_nothing();
  REQUIRE(submitted().size() == 1);
  CHECK(submitted()[0].outcomes(0).id() == task_id::of({number}, 1).value);
}

TEST_CASE_METHOD(shard_fixture, "one batch is in flight while the next one gathers", "[shard]") {
  serve();
  submit(spec());
  submit(spec());
  submit(spec());
  CHECK(batches().size() == 1);
  written();
  REQUIRE(batches().size() == 2);
  CHECK(batches()[1].batch.first == batches()[0].batch.first + batches()[0].batch.count);
  CHECK(submitted().size() == 1);
  written();
  CHECK(submitted().size() == 3);
}

TEST_CASE_METHOD(shard_fixture, "a recovering shard accepts no work", "[shard]") {
  start(options());
  submit(spec());
  REQUIRE(submitted().size() == 1);
  CHECK(submitted()[0].failure().code() == static_cast<std::uint32_t>(errc::unavailable));
  CHECK(submitted()[0].failure().retry_after_ms() > 0);
  wire::Request request;
  request.mutable_queues();
  ask(request);
  CHECK(answers().at(0).failure().code() == static_cast<std::uint32_t>(errc::unavailable));
}

TEST_CASE_METHOD(shard_fixture, "a duplicate batch does not count as unwritten bytes", "[shard]") {
  serve_with_pending_max(300);
  auto big = spec();
  big.payload.assign(500, 'x');
  accept(big);
  for (int repeat = 0; repeat < 2; ++repeat) {
    --sequence;
    submit(big);
    CHECK_FALSE(submitted().back().has_failure());
  }
  submit(spec());
  written();
  CHECK_FALSE(submitted().back().has_failure());
}

TEST_CASE_METHOD(shard_fixture,
                 "a shard with too many unwritten bytes refuses new work, not reports", "[shard]") {
  serve_with_pending_max(300);
  auto big = spec();
  big.payload = std::string(400, 'x');
  submit(big);
  submit(spec());
  CHECK(submitted().back().failure().code() == static_cast<std::uint32_t>(errc::overloaded));
  written();
  const auto token = grant_one();
  submit(big);
  report(task_id::of({number}, 1).value, token);
  written();
  written();
  CHECK(worker.all<report_ack_atom, envelope>().size() == 1);
}

TEST_CASE_METHOD(shard_fixture, "a task is published to the dispatcher when it is due", "[shard]") {
  serve();
  accept(spec(5s));
  dispatcher.received().clear();
  advance(4'990ms);
  CHECK(dispatcher.all<lane_update>().empty());
  advance(20ms);
  const auto updates = dispatcher.all<lane_update>();
  REQUIRE(updates.size() == 1);
  const auto& lanes = updates[0].get_as<lane_update>(0).lanes;
  REQUIRE(lanes.size() == 1);
  CHECK(lanes[0].kind == "wash");
  CHECK(lanes[0].waiting == 1);
}

TEST_CASE_METHOD(shard_fixture, "malformed messages change nothing", "[shard]") {
  serve();
  tell(client, submit_atom::value, envelope{{'x', 'y', 'z', '!', '?'}, number});
  tell(client, request_atom::value, envelope{{}, number});
  tell(client, report_atom::value, envelope{std::vector<char>(100), number});
  CHECK_FALSE(end.has_value());
  accept(spec());
  CHECK(submitted().size() == 1);
}
