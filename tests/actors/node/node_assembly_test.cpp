#include "node/node_assembly.hpp"

#include "belfry/actors/protocol.hpp"

#include "base/actor_basics.hpp"
#include "base/local_messages.hpp"
#include "support/actor_fixture.hpp"

#include "journal/memory_disk.hpp"
#include "journal/memory_journal.hpp"
#include "wire/codec.hpp"
#include "wire/envelope.hpp"

#include <catch2/catch.hpp>

#include <optional>

using namespace belfry;
using namespace std::chrono_literals;

namespace {

/// A whole node of two shards on a disk in memory, and a client's messages to it.
struct node_fixture : test::actor_fixture {
  node_fixture() {
    adopt(client.actor());
    adopt(subject.supervisor);
    subject.supervisor->attach_functor([this](const caf::error& reason) { end = reason; });
    advance(100ms);
  }
  ~node_fixture() {
    if (!end)
      stop();
    kill_owned();
  }

  assembly_options options() {
    return {.name = "tower",
            .cluster = {},
            .time = time,
            .open_journal = [this] { return open(); },
            .shards = 2,
            .is_keeper_detached = false,
            .submits = {},
            .runs = {},
            .per_shard_limits = {},
            .publish = [](const caf::actor&) { return result<std::uint16_t>{4100}; },
            .cluster_keeper = {}};
  }

  result<std::shared_ptr<journal>> open() {
    ++opened;
    if (failing)
      return *failing;
    CHECK(open_journal.expired());
    auto made = std::make_shared<memory_journal>(disk);
    open_journal = made;
    return std::shared_ptr<journal>{std::move(made)};
  }

  void stop() {
    caf::anon_send_exit(subject.supervisor, caf::exit_reason::user_shutdown);
    run();
  }

  void submit(std::uint32_t shard = 1) {
    wire::Submit tasks;
    tasks.set_client(7);
    tasks.set_sequence(++sequence);
    tasks.set_shard(shard);
    tasks.add_tasks()->set_kind("bake");
    caf::send_as(client.actor(), subject.router, submit_atom::value,
                 envelope{wire::seal(tasks), shard});
    run();
  }

  std::uint32_t shards_serving() {
    wire::Request request;
    request.mutable_status();
    caf::send_as(client.actor(), subject.router, request_atom::value,
                 envelope{wire::seal(request), 0});
    run();
    return take_only<wire::Response>(response_atom::value).status().shards_serving();
  }

  /// The only message that the client received.
  template <class Message, class Atom>
  Message take_only(Atom) {
    Message read;
    REQUIRE(client.received().size() == 1);
    REQUIRE(client.received()[0].match_elements<Atom, envelope>());
    REQUIRE(wire::open(client.received()[0].get_as<envelope>(1).bytes, read));
    client.received().clear();
    return read;
  }

  std::shared_ptr<memory_disk> disk = std::make_shared<memory_disk>();
  std::weak_ptr<journal> open_journal;
  std::optional<failure> failing;
  int opened = 0;
  std::uint64_t sequence = 0;
  std::optional<caf::error> end;
  test::probe client{system};
  running_node subject = *assemble_node(system, options());
};

} // namespace

TEST_CASE_METHOD(node_fixture, "all shards of a node start to serve", "[node]") {
  CHECK(shards_serving() == 2);
  CHECK_FALSE(end);
}

TEST_CASE_METHOD(node_fixture, "a task is accepted through the router once it is durable",
                 "[node]") {
  const auto syncs = disk->syncs();

  submit();

  const auto answer = take_only<wire::Submitted>(submitted_atom::value);
  CHECK_FALSE(answer.has_failure());
  REQUIRE(answer.outcomes_size() == 1);
  CHECK(task_id{answer.outcomes(0).id()}.shard() == shard_id{1});
  CHECK(disk->syncs() > syncs);
}

TEST_CASE_METHOD(node_fixture, "a failed disk is opened again, and the node continues", "[node]") {
  disk->fail_next_sync();
  submit();
  client.received().clear();
  CHECK(open_journal.expired());

  advance(1s);

  CHECK(opened == 2);
  CHECK(shards_serving() == 2);
  submit();
  CHECK_FALSE(take_only<wire::Submitted>(submitted_atom::value).has_failure());
}

TEST_CASE_METHOD(node_fixture, "while its journal is unavailable a node refuses tasks", "[node]") {
  failing = failure{errc::unavailable, "another process has it"};
  disk->fail_next_sync();
  submit();
  client.received().clear();
  advance(1s);

  submit();
  const auto refused = take_only<wire::Submitted>(submitted_atom::value);
  CHECK(refused.failure().code() == static_cast<std::uint32_t>(errc::unavailable));
  CHECK_FALSE(end);

  failing.reset();
  advance(30s);
  CHECK(shards_serving() == 2);
}

TEST_CASE_METHOD(node_fixture, "a node whose journal stays unavailable ends", "[node]") {
  failing = failure{errc::storage, "the disk is gone"};
  disk->fail_next_sync();
  submit();

  advance(2min);

  REQUIRE(end);
  CHECK(failure_of(*end, system).what.find("journal_keeper 0 failed permanently") == 0);
}

TEST_CASE_METHOD(node_fixture, "a node without a router ends", "[node]") {
  caf::anon_send(subject.router,
                 caf::exit_msg{subject.supervisor.address(), caf::exit_reason::kill});
  run();

  REQUIRE(end);
  CHECK(failure_of(*end, system).what.find("router 0 failed permanently") == 0);
}

TEST_CASE_METHOD(node_fixture, "a node that stops closes its journal", "[node]") {
  stop();

  CHECK(end == caf::error{caf::exit_reason::user_shutdown});
  CHECK(open_journal.expired());
}

TEST_CASE_METHOD(node_fixture, "a node without a collector does not know its health", "[node]") {
  wire::Request request;
  request.mutable_health();
  caf::send_as(client.actor(), subject.router, request_atom::value,
               envelope{wire::seal(request), 0});
  run();
  const auto answer = take_only<wire::Response>(response_atom::value);
  CHECK(answer.failure().code() == static_cast<std::uint32_t>(errc::unavailable));
}

TEST_CASE_METHOD(node_fixture, "a node with a collector tells its health and what it counted",
                 "[node]") {
  stop();
  auto metered = options();
  metered.has_collector = metered.counts_tasks = true;
  const auto counted = *assemble_node(system, std::move(metered));
  adopt(counted.supervisor);
  advance(100ms);
  subject.router = counted.router;
  submit(0);
  submit(1);
  client.received().clear();

  wire::Request request;
  request.mutable_health();
  caf::send_as(client.actor(), counted.router, request_atom::value,
               envelope{wire::seal(request), 0});
  node_metrics report;
  caf::anon_send(counted.router,
                 report_metrics{[&report](const node_metrics& node) { report = node; }});
  run();

  const auto answer = take_only<wire::Response>(response_atom::value);
  CHECK(answer.health().node() == "tower");
  CHECK(answer.health().is_ok());
  CHECK(report.shards_serving == 2);
  CHECK(report.journal.has_value());
  CHECK(report.counts.at({"default", "bake"}).submitted == 2);
  CHECK(report.lanes.at(0).reason == waiting_reason::no_worker);
  caf::anon_send_exit(counted.supervisor, caf::exit_reason::user_shutdown);
  run();
}

TEST_CASE_METHOD(node_fixture, "a node knows when its machine booted, and what is due then",
                 "[node]") {
  wire::Request put;
  put.set_shard(1);
  schedule_spec cache;
  cache.name = "cache";
  cache.when.line = "@reboot";
  cache.task.kind = "bake";
  wire::write(cache, *put.mutable_put_schedule());
  const auto ask = [this](wire::Request request, const caf::actor& router) {
    caf::send_as(client.actor(), router, request_atom::value, envelope{wire::seal(request), 1});
    run();
    return take_only<wire::Response>(response_atom::value);
  };
  CHECK_FALSE(ask(put, subject.router).has_failure());
  stop();
  advance(2min);

  auto booted = options();
  booted.booted_at = time->now();
  const auto restarted = *assemble_node(system, std::move(booted));
  adopt(restarted.supervisor);
  advance(100ms);

  wire::Request list;
  list.set_shard(1);
  list.mutable_schedules();
  const auto listed = ask(list, restarted.router).schedules();
  REQUIRE(listed.schedules_size() == 1);
  CHECK(listed.schedules(0).fired() == 1);
  CHECK(instant_of_ms(listed.schedules(0).next_ms()) == instant_max);
  caf::anon_send_exit(restarted.supervisor, caf::exit_reason::user_shutdown);
  run();
}
