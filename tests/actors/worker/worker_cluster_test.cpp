#include "worker_fixture.hpp"

#include <catch2/catch.hpp>

#include <caf/node_id.hpp>

#include <set>

namespace belfry {

using test::probe;
using test::worker_fixture;
using verdict = wire::RunOutcome;

namespace {

/// A worker of node 1 in a cluster with node 2, to which a transport leads. Shard 3 is with node 1
/// and shard 2 with node 2, unless the test says otherwise.
struct cluster_worker : worker_fixture {
  probe second{system};

  cluster_worker() {
    own(second.actor());
    options.transport = own(system.spawn([this](caf::event_based_actor*) -> caf::behavior {
      using found = caf::result<caf::node_id, caf::strong_actor_ptr, std::set<std::string>>;
      return {[this](caf::connect_atom, const std::string&, std::uint16_t) -> found {
        return {caf::node_id{}, caf::actor_cast<caf::strong_actor_ptr>(second.actor()),
                std::set<std::string>{}};
      }};
    }));
  }
  ~cluster_worker() { kill_owned(); }

  template <class Atom>
  void say(const probe& from, Atom what, const google::protobuf::MessageLite& message) {
    caf::send_as(from.actor(), worker, what, envelope{wire::seal(message), 0});
    run();
  }

  /// `owners` by shard: 1 or 2.
  static wire::Cluster map(std::int64_t version, const std::vector<std::uint32_t>& owners,
                           std::uint64_t reported_by) {
    wire::Cluster word;
    word.set_version(version);
    word.set_reported_by(reported_by);
    for (const std::uint64_t member : {1, 2}) {
      auto& node = *word.add_nodes();
      node.set_member(member);
      node.set_host("node" + std::to_string(member));
      node.set_port(1);
    }
    for (const auto owner : owners)
      word.add_owners(owner);
    return word;
  }

  void welcome_from(const probe& node, const wire::Cluster& where, std::uint32_t of_shard = 0,
                    std::uint64_t epoch = 0) {
    wire::Welcome word;
    word.set_shard_count(shard_count);
    *word.mutable_cluster() = where;
    if (epoch > 0) {
      auto& term = *word.add_shard_epochs();
      term.set_shard(of_shard);
      term.set_epoch(epoch);
    }
    say(node, welcome_atom::value, word);
  }
  void attached_by(const probe& node) {
    wire::Attached answer;
    answer.set_lease_ms(static_cast<std::uint32_t>(lease.count()));
    say(node, attached_atom::value, answer);
  }
  void grant_by(const probe& node, const wire::Run& run) {
    wire::Grant granted;
    granted.set_shard(task_id{run.task()}.shard().value);
    *granted.add_runs() = run;
    say(node, grant_atom::value, granted);
  }
  void join_both() {
    start();
    welcome_from(*router, map(1, {1, 1, 2, 1}, 1));
    attached_by(*router);
    welcome_from(second, map(1, {1, 1, 2, 1}, 2));
    attached_by(second);
  }

  static wire::Run run_of(std::uint16_t of_shard, std::uint64_t epoch, std::uint64_t count) {
    auto one = task(count);
    one.set_task(task_id::of({of_shard}, count).value);
    one.set_token((epoch << 40) | count);
    return one;
  }

  template <class Message, class Atom>
  static std::vector<Message> heard(const probe& by, Atom) {
    std::vector<Message> all;
    for (const auto& one : by.template all<Atom, envelope>())
      REQUIRE(wire::open(one.template get_as<envelope>(1).bytes, all.emplace_back()));
    return all;
  }
  static std::uint32_t offered(const probe& to) {
    std::uint32_t sum = 0;
    for (const auto& one : heard<wire::Attach>(to, attach_atom{}))
      sum = one.credit();
    for (const auto& one : heard<wire::Credit>(to, credit_atom{}))
      sum += one.count();
    return sum;
  }
  static std::uint32_t recalled(const probe& from) {
    std::uint32_t sum = 0;
    for (const auto& one : heard<wire::Credit>(from, credit_atom{}))
      sum += one.recall();
    return sum;
  }
  void give_back(const probe& node, std::uint32_t count) {
    wire::CreditReturned word;
    word.set_count(count);
    say(node, credit_returned_atom::value, word);
  }
};

} // namespace

TEST_CASE_METHOD(cluster_worker, "a worker attaches to every node that has shards", "[worker]") {
  join_both();
  CHECK(heard<wire::Attach>(*router, attach_atom{}).size() == 1);
  const auto attaches = heard<wire::Attach>(second, attach_atom{});
  REQUIRE(attaches.size() == 1);
  CHECK(attaches[0].is_multi_node());
  advance(lease);
  CHECK(heard<wire::Heartbeat>(*router, heartbeat_atom{}).size() == 4);
  CHECK(heard<wire::Heartbeat>(second, heartbeat_atom{}).size() == 4);
}

TEST_CASE_METHOD(cluster_worker, "room is split between the nodes, never offered twice",
                 "[worker]") {
  join_both(); // Room for 2 and 3 ahead.
  CHECK(offered(*router) == 5);
  CHECK(offered(second) == 0);
  CHECK(recalled(*router) == 2);
  give_back(*router, 2);
  CHECK(offered(second) == 2);
}

TEST_CASE_METHOD(cluster_worker, "what a node said of its hunger ends with the next Attached",
                 "[worker]") {
  join_both();
  give_back(*router, 2);
  welcome_from(second, map(1, {1, 1, 2, 1}, 2));
  wire::Demand hungry;
  hungry.set_has_demand(true);
  say(second, demand_atom::value, hungry); // It crosses the Attach.
  attached_by(second);
  const auto before = recalled(second);
  for (std::uint64_t count = 1; count <= 3; ++count)
    grant_by(*router, run_of(3, 1, count));
  say(*router, demand_atom::value, hungry);
  CHECK(recalled(second) == before + 1);
}

TEST_CASE_METHOD(cluster_worker, "what one node does not need another that is hungry gets",
                 "[worker]") {
  join_both();
  give_back(*router, 2);
  for (std::uint64_t count = 1; count <= 2; ++count)
    grant_by(second, run_of(2, 1, count));
  wire::Demand word;
  word.set_has_demand(true);
  say(second, demand_atom::value, word);
  CHECK(recalled(*router) == 2 + 1); // All that it needs for its half of the room.
  give_back(*router, 1);
  CHECK(offered(second) == 2 + 1);
}

TEST_CASE_METHOD(cluster_worker, "an outcome goes to the node that has the shard by then",
                 "[worker]") {
  join_both();
  grant_by(second, run_of(2, 1, 1));
  say(*router, cluster_atom::value, map(2, {1, 1, 1, 1}, 1));
  end();
  CHECK(heard<wire::Report>(second, report_atom{}).empty());
  const auto reports = heard<wire::Report>(*router, report_atom{});
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].shard() == 2);
}

TEST_CASE_METHOD(cluster_worker, "a grant from before the shard's present term does not begin",
                 "[worker]") {
  join_both();
  welcome_from(*router, map(2, {1, 1, 1, 1}, 1), 2, 5);
  grant_by(second, run_of(2, 4, 1)); // It was on its way.
  CHECK(handlers.runs.empty());
  const auto reports = heard<wire::Report>(*router, report_atom{});
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].outcomes(0).verdict() == verdict::NOT_STARTED);

  grant_by(*router, run_of(2, 5, 2));
  CHECK(handlers.runs.size() == 1);
}

TEST_CASE_METHOD(cluster_worker, "only the runs of a node that is out of reach end after the lease",
                 "[worker]") {
  join_both();
  grant_by(*router, run_of(3, 1, 1));
  grant_by(second, run_of(2, 1, 2));
  REQUIRE(handlers.runs.size() == 2);
  caf::anon_send_exit(second.actor(), caf::exit_reason::kill);
  run();
  second = probe{system};
  own(second.actor()); // It is dialled, and says nothing.
  advance(lease + duration{1'000});
  CHECK_FALSE(handlers.runs[0].control->is_cancelled());
  CHECK(handlers.runs[1].control->is_cancelled());
}

TEST_CASE_METHOD(cluster_worker, "a shard that moved within the lease keeps its runs", "[worker]") {
  join_both();
  grant_by(second, run_of(2, 1, 1));
  caf::anon_send_exit(second.actor(), caf::exit_reason::kill);
  run();
  say(*router, cluster_atom::value, map(2, {1, 1, 1, 1}, 1));
  advance(lease * 2);
  CHECK_FALSE(handlers.runs.front().control->is_cancelled());
}

} // namespace belfry
