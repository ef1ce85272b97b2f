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
  CHECK(explain("mail", "send", "queue_paused").text().empty());
  CHECK(explain("mail", "print", "queue_paused").reason() == "queue_paused");
  CHECK(explain("mail", "print", "queue_paused").text() ==
        "; besides, no worker that is attached to the node runs 'print'");
  auto bound = attach_of(9, 1);
  bound.add_queues("post");
  send_sealed(ann, attach_atom::value, bound);
  CHECK(explain("mail", "send").reason() == "no_worker_for_queue");
  CHECK(explain("post", "send").reason() == "being_assigned");
}

TEST_CASE_METHOD(dispatcher_fixture, "the status counts what has begun and what waits for a slot",
                 "[dispatcher]") {
  auto hello = attach_of(9, 3);
  hello.set_clock_ms(5'000);
  hello.add_running()->set_began_ms(4'000);
  hello.add_running();
  hello.add_running();
  send_sealed(ann, attach_atom::value, hello);
  CHECK(status().workers(0).running() == 1);
  CHECK(status().workers(0).reserved() == 2);

  wire::Heartbeat beat;
  beat.set_session(9);
  beat.set_running(3);
  beat.set_reserved(1);
  send_sealed(ann, heartbeat_atom::value, beat);
  CHECK(status().workers(0).running() == 3);
  CHECK(status().workers(0).reserved() == 1);
}

TEST_CASE_METHOD(dispatcher_fixture, "the explanation of a reserved task names its worker",
                 "[dispatcher]") {
  attach(ann, 9, 0);
  wire::Response answer;
  answer.mutable_explanation()->set_reason("reserved");
  answer.mutable_explanation()->set_text("waits");
  const auto explain_for = [&](std::uint64_t session) {
    answer.mutable_explanation()->mutable_task()->set_session(session);
    return ask({.client = client.actor(), .answer = answer, .queue = {}, .kind = {}})
        .explanation()
        .text();
  };
  CHECK(explain_for(9) == "waits (worker 'worker-9')");
  CHECK(explain_for(10) == "waits"); // A worker of another node, or one that is gone.
}

TEST_CASE_METHOD(dispatcher_fixture, "the metrics collector learns why lanes wait, and who left",
                 "[dispatcher]") {
  serve();
  attach(ann, 9, 0);
  const auto explain_both = [&] {
    send(client, explain_lanes{.number = 4, .lanes = {{"mail", "send"}, {"mail", "print"}}});
    run();
    return client.all<dispatch_collected>().back().get_as<dispatch_collected>(0);
  };
  auto answer = explain_both();
  CHECK(answer.number == 4);
  CHECK(answer.metrics.reasons ==
        std::vector{waiting_reason::all_slots_busy, waiting_reason::no_worker_for_kind});
  CHECK_FALSE(answer.metrics.latest_departed.has_value());

  caf::anon_send_exit(ann.actor(), caf::exit_reason::kill);
  advance(3s);

  answer = explain_both();
  CHECK(answer.metrics.reasons.at(0) == waiting_reason::no_worker);
  REQUIRE(answer.metrics.latest_departed.has_value());
  CHECK(answer.metrics.latest_departed->name == "worker-9");
  CHECK(answer.metrics.latest_departed->ago == 3s);
}
