// What a dispatcher adds to answers for clients.
#include "dispatcher/dispatcher.hpp"

#include "dispatcher_fixture.hpp"

#include <catch2/catch.hpp>

using namespace belfry;
using namespace std::chrono_literals;
using belfry::test::dispatcher_fixture;

TEST_CASE_METHOD(dispatcher_fixture, "the status names workers and serving shards",
                 "[dispatcher]") {
  update_lanes(1, {}, true);
  attach(ann, 9, 3);
  advance(3s);

  const auto answer = status();

  CHECK(answer.node() == "here");
  CHECK(answer.shards_serving() == 1);
  REQUIRE(answer.workers_size() == 1);
  const auto& worker = answer.workers(0);
  CHECK(worker.session() == 9);
  CHECK(worker.name() == "worker-9");
  CHECK(worker.kinds(0) == "send");
  CHECK(worker.slots() == 4);
  CHECK(worker.since_heartbeat_ms() == 3'000);
  CHECK(worker.is_connected());
}

TEST_CASE_METHOD(dispatcher_fixture, "the attached workers explain why a ready task waits",
                 "[dispatcher]") {
  serve();
  CHECK(explain("mail", "send").reason() == "no_worker");
  attach(ann, 9, 0);
  CHECK(explain("mail", "print").reason() == "no_worker_for_kind");
  CHECK(explain("mail", "print").text().find("'print'") != std::string::npos);
  CHECK(explain("mail", "send").reason() == "all_slots_busy");
  CHECK(explain("mail", "send", "queue_paused").reason() == "queue_paused");
  auto bound = attach_of(9, 1);
  bound.add_queues("post");
  send_sealed(ann, attach_atom::value, bound);
  CHECK(explain("mail", "send").reason() == "no_worker_for_queue");
  CHECK(explain("post", "send").reason() == "being_assigned");
}
