#include "telemetry/metrics_collector.hpp"

#include "base/local_messages.hpp"
#include "belfry/actors/protocol.hpp"
#include "support/actor_fixture.hpp"
#include "wire/envelope.hpp"

#include <caf/send.hpp>
#include <catch2/catch.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace belfry;
using namespace std::chrono_literals;

namespace {

/// The collector of a node. Two shards, the other actors and a client are probes.
struct collector_fixture : test::actor_fixture {
  collector_fixture() {
    for (const auto* peer : {&keeper, &router, &dispatcher, &first, &second, &client})
      adopt(peer->actor());
    announce("shard", 1, second);
    announce_others();
  }
  ~collector_fixture() { kill_owned(); }

  /// All but the second shard.
  void announce_others() {
    announce("journal_keeper", 0, keeper);
    announce("shard", 0, first);
    announce("dispatcher", 0, dispatcher);
    announce("router", 0, router);
    run();
  }
  void announce(const std::string& name, std::uint16_t index, const test::probe& child) {
    caf::anon_send(subject, child_started{name, index, child.actor()});
  }
  void ask() {
    caf::anon_send(subject, report_metrics{[this](const node_metrics& node) {
                     ++reports;
                     report = node;
                   }});
    run();
  }
  template <class Message>
  void answer(const test::probe& from, Message message) {
    caf::send_as(from.actor(), subject, std::move(message));
    run();
  }
  /// Of the latest collection.
  std::uint64_t number() {
    return first.all<collect_metrics>().back().get_as<collect_metrics>(0).number;
  }
  void answer_shard(const test::probe& from, std::uint16_t index, std::uint64_t submitted = 0) {
    shard_collected said{number(), {}};
    said.metrics.shard = {index};
    said.metrics.at = time->now();
    said.metrics.lanes.push_back(
        {.queue = "mail", .kind = "send", .count = 2, .oldest_due = time->now() - 30s});
    said.metrics.queues.emplace_back().settings.queue = "mail";
    if (submitted > 0)
      said.metrics.counters.at("mail", "send").submitted = submitted;
    answer(from, said);
  }
  void answer_keeper() { answer(keeper, journal_collected{number(), {}}); }
  void answer_status(const std::string& trouble = "") {
    wire::Response said;
    said.set_correlation(number());
    auto& status = *said.mutable_status();
    status.set_node("tower");
    status.set_shards_held(2);
    status.set_shards_serving(2);
    status.set_is_joined(true);
    status.set_storage_trouble(trouble);
    status.add_workers()->set_slots(4);
    caf::send_as(router.actor(), subject, response_atom::value, envelope{wire::seal(said), 0});
    run();
  }
  void answer_dispatcher(waiting_reason reason) {
    const auto asked = dispatcher.all<explain_lanes>();
    REQUIRE_FALSE(asked.empty());
    const auto& request = asked.back().get_as<explain_lanes>(0);
    dispatch_collected said{request.number, {}};
    said.metrics.reasons.assign(request.lanes.size(), reason);
    answer(dispatcher, said);
  }
  void answer_all(std::uint64_t submitted = 0) {
    answer_shard(first, 0, submitted);
    answer_shard(second, 1, submitted);
    answer_keeper();
    answer_status();
    answer_dispatcher(waiting_reason::no_worker);
  }

  test::probe keeper{system};
  test::probe router{system};
  test::probe dispatcher{system};
  test::probe first{system};
  test::probe second{system};
  test::probe client{system};
  int reports = 0;
  node_metrics report;
  std::shared_ptr<counters_by_shard> counters = std::make_shared<counters_by_shard>();
  caf::actor subject = adopt(system.spawn(metrics_collector, counters));
};

} // namespace

TEST_CASE_METHOD(collector_fixture, "a report has what all actors of the node say", "[telemetry]") {
  ask();
  CHECK(reports == 0);
  answer_all(7);

  REQUIRE(reports == 1);
  CHECK(report.node == "tower");
  CHECK(report.is_complete);
  CHECK(report.journal.has_value());
  CHECK(report.silent_shards.empty());
  REQUIRE(report.lanes.size() == 1);
  CHECK(report.lanes[0].ready == 4);
  CHECK(report.lanes[0].oldest_age == 30s);
  CHECK(report.lanes[0].reason == waiting_reason::no_worker);
  CHECK(report.workers.at(0).slots == 4);
  CHECK(report.counts.at({"mail", "send"}).submitted == 14);
}

TEST_CASE_METHOD(collector_fixture, "nobody is asked before somebody wants to know",
                 "[telemetry]") {
  advance(10s);
  CHECK(first.received().empty());
  CHECK(keeper.received().empty());
  CHECK(router.received().empty());
}

TEST_CASE_METHOD(collector_fixture, "who asks during a collection gets its result", "[telemetry]") {
  ask();
  ask();
  CHECK(first.all<collect_metrics>().size() == 1);
  answer_all();
  CHECK(reports == 2);
  ask();
  CHECK(first.all<collect_metrics>().size() == 2);
}

TEST_CASE_METHOD(collector_fixture, "a shard and a storage that do not answer delay no report",
                 "[telemetry]") {
  ask();
  answer_shard(first, 0);
  answer_status();
  advance(2s);
  answer_dispatcher(waiting_reason::all_slots_busy);

  REQUIRE(reports == 1);
  CHECK(report.silent_shards == std::vector<shard_id>{{1}});
  CHECK_FALSE(report.journal.has_value());
  CHECK(report.is_journal_open);
  CHECK(report.lanes.at(0).ready == 2);
}

TEST_CASE_METHOD(collector_fixture, "a shard that answers late is not silent for long",
                 "[telemetry]") {
  ask();
  const auto late = number();
  advance(30s);
  CHECK(report.longest_silence == 2s); // Of both, since they started.
  shard_collected said{late, {}};
  answer(first, said);
  advance(10s);
  ask();
  answer_shard(second, 1);
  answer_keeper();
  answer_status();
  advance(3s);
  CHECK(reports == 2);
  CHECK(report.silent_shards == std::vector<shard_id>{{0}});
  CHECK(report.longest_silence == 12s);
}

TEST_CASE_METHOD(collector_fixture, "a report comes though no actor answers", "[telemetry]") {
  ask();
  advance(3s);
  REQUIRE(reports == 1);
  CHECK_FALSE(report.is_complete);
  CHECK(report.silent_shards.size() == 2);
}

TEST_CASE_METHOD(collector_fixture, "an actor that has ended is not waited for", "[telemetry]") {
  ask();
  answer_shard(first, 0);
  answer_status();
  caf::anon_send_exit(keeper.actor(), caf::exit_reason::kill);
  caf::anon_send_exit(second.actor(), caf::exit_reason::kill);
  run();
  answer_dispatcher(waiting_reason::no_worker);
  REQUIRE(reports == 1);
  CHECK(report.silent_shards.empty());
  CHECK_FALSE(report.is_journal_open);

  ask();
  caf::anon_send_exit(dispatcher.actor(), caf::exit_reason::kill);
  answer_shard(first, 0);
  answer_status();
  CHECK(reports == 2);
  CHECK_FALSE(report.is_journal_open);
}

TEST_CASE_METHOD(collector_fixture, "a late answer does not count for the next collection",
                 "[telemetry]") {
  ask();
  const auto late = number();
  advance(3s);
  ask();
  answer(second, shard_collected{late, {}});
  answer_all();
  REQUIRE(reports == 2);
  CHECK(report.lanes.at(0).ready == 4);
}

TEST_CASE_METHOD(collector_fixture, "what a shard has counted stays when the shard is gone",
                 "[telemetry]") {
  ask();
  answer_all(7);
  caf::anon_send_exit(second.actor(), caf::exit_reason::kill);
  run();
  ask();
  answer_shard(first, 0, 8);
  answer_keeper();
  answer_status();
  answer_dispatcher(waiting_reason::no_worker);
  CHECK(report.counts.at({"mail", "send"}).submitted == 15);
}

TEST_CASE_METHOD(collector_fixture, "a restarted collector knows what moved shards have counted",
                 "[telemetry]") {
  ask();
  answer_all(7);
  caf::anon_send_exit(subject, caf::exit_reason::kill);
  run();
  subject = adopt(system.spawn(metrics_collector, counters));
  announce_others(); // The second shard has moved away.
  ask();
  answer_shard(first, 0, 8);
  answer_keeper();
  answer_status();
  answer_dispatcher(waiting_reason::no_worker);
  CHECK(reports == 2);
  CHECK(report.counts.at({"mail", "send"}).submitted == 15);
}

TEST_CASE_METHOD(collector_fixture, "a client gets the health of the node", "[telemetry]") {
  wire::Request request;
  request.set_correlation(42);
  request.mutable_health();
  caf::send_as(client.actor(), subject, request_atom::value, envelope{wire::seal(request), 0});
  run();
  answer_shard(first, 0);
  answer_shard(second, 1);
  answer_keeper();
  answer_status("the disk is full");
  answer_dispatcher(waiting_reason::no_worker);

  const auto answers = client.all<response_atom, envelope>();
  REQUIRE(answers.size() == 1);
  wire::Response said;
  REQUIRE(wire::open(answers[0].get_as<envelope>(1).bytes, said));
  CHECK(said.correlation() == 42);
  const auto& health = said.health();
  CHECK(health.node() == "tower");
  CHECK_FALSE(health.is_ok());
  CHECK_FALSE(health.is_ready());
  REQUIRE(health.problems_size() == 1);
  CHECK(health.problems(0).name() == "storage");
  REQUIRE(health.queues_size() == 1);
  CHECK(health.queues(0).verdict() == "storage");
  CHECK(health.queues(0).oldest_ready_age_ms() == 30'000);
}
