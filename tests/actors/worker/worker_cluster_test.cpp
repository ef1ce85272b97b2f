#include "worker_fixture.hpp"

#include <catch2/catch.hpp>

#include <caf/node_id.hpp>

#include <set>

namespace belfry {

using test::probe;
using test::worker_fixture;
using verdict = wire::RunOutcome;

namespace {

/// A worker inside node 1 of a cluster with node 2, to which its transport connects. Node 1 owns
/// shard 3 and node 2 owns shard 2, unless the test says otherwise.
struct cluster_worker : worker_fixture {
  probe second{system};

  cluster_worker() {
    adopt(second.actor());
    options.transport = adopt(system.spawn([this](caf::event_based_actor*) -> caf::behavior {
      using found = caf::result<caf::node_id, caf::strong_actor_ptr, std::set<std::string>>;
      return {[this](caf::connect_atom, const std::string&, std::uint16_t) -> found {
        return {caf::node_id{}, caf::actor_cast<caf::strong_actor_ptr>(second.actor()),
                std::set<std::string>{}};
      }};
    }));
  }
  ~cluster_worker() { kill_owned(); }

  template <class Atom>
  void send_from(const probe& node, Atom type, const google::protobuf::MessageLite& message) {
    caf::send_as(node.actor(), worker, type, envelope{wire::seal(message), 0});
    run();
  }

  /// `owners` by shard: 1 or 2.
  static wire::Cluster map(std::int64_t version, const std::vector<std::uint32_t>& owners,
                           std::uint64_t reported_by) {
    wire::Cluster cluster;
    cluster.set_version(version);
    cluster.set_reported_by(reported_by);
    for (const std::uint64_t member : {1, 2}) {
      auto& node = *cluster.add_nodes();
      node.set_member(member);
      node.set_host("node" + std::to_string(member));
      node.set_port(1);
    }
    for (const auto owner : owners)
      cluster.add_owners(owner);
    return cluster;
  }

  void welcome_from(const probe& node, const wire::Cluster& cluster, std::uint32_t of_shard = 0,
                    std::uint64_t epoch = 0) {
    wire::Welcome welcome;
    welcome.set_shard_count(shard_count);
    *welcome.mutable_cluster() = cluster;
    if (epoch > 0) {
      auto& shard_epoch = *welcome.add_shard_epochs();
      shard_epoch.set_shard(of_shard);
      shard_epoch.set_epoch(epoch);
    }
    send_from(node, welcome_atom::value, welcome);
  }
  void attached_by(const probe& node) {
    wire::Attached answer;
    answer.set_lease_ms(static_cast<std::uint32_t>(lease.count()));
    send_from(node, attached_atom::value, answer);
  }
  void grant_by(const probe& node, const wire::Run& run) {
    wire::Grant granted;
    granted.set_shard(task_id{run.task()}.shard().value);
    *granted.add_runs() = run;
    send_from(node, grant_atom::value, granted);
  }
  void join_both() {
    start();
    welcome_from(*router, map(1, {1, 1, 2, 1}, 1));
    attached_by(*router);
    welcome_from(second, map(1, {1, 1, 2, 1}, 2));
    attached_by(second);
  }

  static wire::Run run_of(std::uint16_t of_shard, std::uint64_t epoch, std::uint64_t count) {
    auto run = task(count);
    run.set_task(task_id::of({of_shard}, count).value);
    run.set_token((epoch << 40) | count);
    return run;
  }

  template <class Message, class Atom>
  static std::vector<Message> received(const probe& node, Atom) {
    std::vector<Message> all;
    for (const auto& sealed : node.template all<Atom, envelope>())
      REQUIRE(wire::open(sealed.template get_as<envelope>(1).bytes, all.emplace_back()));
    return all;
  }
  static std::uint32_t offered(const probe& node) {
    std::uint32_t sum = 0;
    for (const auto& attach : received<wire::Attach>(node, attach_atom{}))
      sum = attach.credit();
    for (const auto& credit : received<wire::Credit>(node, credit_atom{}))
      sum += credit.count();
    return sum;
  }
  static std::uint32_t recalled(const probe& node) {
    std::uint32_t sum = 0;
    for (const auto& credit : received<wire::Credit>(node, credit_atom{}))
      sum += credit.recall();
    return sum;
  }
  void return_credit(const probe& node, std::uint32_t count) {
    wire::CreditReturned message;
    message.set_count(count);
    send_from(node, credit_returned_atom::value, message);
  }
};

} // namespace

TEST_CASE_METHOD(cluster_worker, "an Attach names what the worker has seen of each shard",
                 "[worker]") {
  join_both();
  grant_by(*router, run_of(0, 5, 9));
  grant_by(*router, run_of(0, 5, 4));
  grant_by(second, run_of(2, 3, 8));

  welcome_from(*router, map(1, {1, 1, 2, 1}, 1), 0, 6); // The worker attaches again.

  const auto attach = received<wire::Attach>(*router, attach_atom{}).back();
  REQUIRE(attach.remembered_size() == 2);
  CHECK(attach.remembered(0).shard() == 0);
  CHECK(attach.remembered(0).epoch() == 6);
  CHECK(attach.remembered(0).token() == run_of(0, 5, 9).token());
  CHECK(attach.remembered(0).serial() == 9);
  CHECK(attach.remembered(1).shard() == 2);
  CHECK(attach.remembered(1).epoch() == 0);
  CHECK(attach.remembered(1).token() == run_of(2, 3, 8).token());
  CHECK(attach.remembered(1).serial() == 8);
}

TEST_CASE_METHOD(cluster_worker, "a worker attaches to every node that has shards", "[worker]") {
  join_both();
  CHECK(received<wire::Attach>(*router, attach_atom{}).size() == 1);
  const auto attaches = received<wire::Attach>(second, attach_atom{});
  REQUIRE(attaches.size() == 1);
  CHECK(attaches[0].is_multi_node());
  advance(lease);
  CHECK(received<wire::Heartbeat>(*router, heartbeat_atom{}).size() == 4);
  CHECK(received<wire::Heartbeat>(second, heartbeat_atom{}).size() == 4);
}

TEST_CASE_METHOD(cluster_worker, "credit is split between the nodes, never offered twice",
                 "[worker]") {
  join_both(); // Two slots, and three runs ahead.
  CHECK(offered(*router) == 5);
  CHECK(offered(second) == 0);
  CHECK(recalled(*router) == 2);
  return_credit(*router, 2);
  CHECK(offered(second) == 2);
}

TEST_CASE_METHOD(cluster_worker, "a Demand from before an Attached is void", "[worker]") {
  join_both();
  return_credit(*router, 2);
  welcome_from(second, map(1, {1, 1, 2, 1}, 2));
  wire::Demand demand;
  demand.set_has_demand(true);
  send_from(second, demand_atom::value, demand); // It was sent before the Attach arrived.
  attached_by(second);
  const auto before = recalled(second);
  for (std::uint64_t count = 1; count <= 3; ++count)
    grant_by(*router, run_of(3, 1, count));
  send_from(*router, demand_atom::value, demand);
  CHECK(recalled(second) == before + 1);
}

TEST_CASE_METHOD(cluster_worker, "credit that one node does not use goes to a node with demand",
                 "[worker]") {
  join_both();
  return_credit(*router, 2);
  for (std::uint64_t count = 1; count <= 2; ++count)
    grant_by(second, run_of(2, 1, count));
  wire::Demand demand;
  demand.set_has_demand(true);
  send_from(second, demand_atom::value, demand);
  CHECK(recalled(*router) == 2 + 1); // Up to half of the capacity.
  return_credit(*router, 1);
  CHECK(offered(second) == 2 + 1);
}

TEST_CASE_METHOD(cluster_worker, "an outcome goes to the node that owns the shard by then",
                 "[worker]") {
  join_both();
  grant_by(second, run_of(2, 1, 1));
  send_from(*router, cluster_atom::value, map(2, {1, 1, 1, 1}, 1));
  end();
  CHECK(received<wire::Report>(second, report_atom{}).empty());
  const auto reports = received<wire::Report>(*router, report_atom{});
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].shard() == 2);
}

TEST_CASE_METHOD(cluster_worker, "a grant by a previous owner of the shard does not start",
                 "[worker]") {
  join_both();
  welcome_from(*router, map(2, {1, 1, 1, 1}, 1), 2, 5);
  grant_by(second, run_of(2, 4, 1)); // It was in flight.
  CHECK(handlers.runs.empty());
  const auto reports = received<wire::Report>(*router, report_atom{});
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].outcomes(0).verdict() == verdict::NOT_STARTED);

  grant_by(*router, run_of(2, 5, 2));
  CHECK(handlers.runs.size() == 1);
}

TEST_CASE_METHOD(cluster_worker, "only the runs of an unreachable node end after the lease",
                 "[worker]") {
  join_both();
  grant_by(*router, run_of(3, 1, 1));
  grant_by(second, run_of(2, 1, 2));
  REQUIRE(handlers.runs.size() == 2);
  caf::anon_send_exit(second.actor(), caf::exit_reason::kill);
  run();
  second = probe{system};
  adopt(second.actor()); // It accepts the connection, and sends nothing.
  advance(lease + duration{1'000});
  CHECK_FALSE(handlers.runs[0].control->is_cancelled());
  CHECK(handlers.runs[1].control->is_cancelled());
}

TEST_CASE_METHOD(cluster_worker, "a shard that moved within the lease keeps its runs", "[worker]") {
  join_both();
  grant_by(second, run_of(2, 1, 1));
  caf::anon_send_exit(second.actor(), caf::exit_reason::kill);
  run();
  send_from(*router, cluster_atom::value, map(2, {1, 1, 1, 1}, 1));
  advance(lease * 2);
  CHECK_FALSE(handlers.runs.front().control->is_cancelled());
}

} // namespace belfry
