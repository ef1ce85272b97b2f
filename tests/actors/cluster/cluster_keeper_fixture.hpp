#pragma once

#include "cluster/cluster_keeper.hpp"

#include "belfry/actors/protocol.hpp"

#include "base/local_messages.hpp"
#include "support/actor_fixture.hpp"

#include "journal/memory_membership.hpp"
#include "wire/envelope.hpp"

#include <catch2/catch.hpp>

#include <caf/node_id.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace belfry::test {

using namespace std::chrono_literals;

/// What happens to the calls of a cluster keeper.
struct membership_faults {
  std::function<void()> before_evict; ///< called just before a member is evicted
  bool is_read_only = false;          ///< joins, heartbeats and evictions are refused
  std::size_t refusals = 0;           ///< how many of them were
};

class faulty_membership : public memory_membership {
public:
  faulty_membership(std::shared_ptr<memory_disk> disk, memory_membership::options settings,
                    membership_faults& faults)
      : memory_membership(std::move(disk), std::move(settings)), faults_(faults) {}

  storage_status join(const member& self) override {
    return faults_.is_read_only ? refusal() : memory_membership::join(self);
  }

  storage_status heartbeat(member_id self, bool& is_member) override {
    return faults_.is_read_only ? refusal() : memory_membership::heartbeat(self, is_member);
  }

  storage_status evict(member_id dead, std::uint64_t heartbeats) override {
    if (faults_.before_evict)
      faults_.before_evict();
    return faults_.is_read_only ? refusal() : memory_membership::evict(dead, heartbeats);
  }

private:
  storage_status refusal() {
    ++faults_.refusals;
    return {storage_code::unavailable, "the storage is read-only"};
  }

  membership_faults& faults_;
};

/// A cluster keeper of node `a`, id 1. The actors around it are probes; the test acts for the other
/// members.
struct cluster_fixture : actor_fixture {
  static constexpr std::uint16_t shards = 4;

  cluster_fixture() {
    options.self = member_called("a", 1);
    options.open = [this]() -> result<std::shared_ptr<membership>> { return store(); };
    options.transport = adopt(system.spawn([this](caf::event_based_actor*) -> caf::behavior {
      return {[this](caf::connect_atom, const std::string& host, std::uint16_t)
                  -> caf::result<caf::node_id, caf::strong_actor_ptr, std::set<std::string>> {
        dials.push_back(host);
        return {caf::node_id{}, caf::actor_cast<caf::strong_actor_ptr>(peer.actor()),
                std::set<std::string>{}};
      }};
    }));
    for (const auto& actor : {supervisor.actor(), router.actor(), dispatcher.actor(), peer.actor()})
      adopt(actor);
  }
  ~cluster_fixture() { kill_owned(); }

  std::shared_ptr<membership> store() {
    return std::make_shared<faulty_membership>(
        disk,
        memory_membership::options{.shards = shards,
                                   .now = [this] { return time->now() - storage_lag; },
                                   .is_partitioned = [this] { return is_unavailable; }},
        faults);
  }

  static member member_called(const std::string& name, std::uint64_t number) {
    member node;
    node.id = {number};
    node.name = node.host = node.machine = name;
    node.port = 4100;
    node.settings = "lease=10s";
    return node;
  }

  void start() {
    subject = adopt(system.spawn(cluster_keeper, options));
    subject->attach_functor([this](const caf::error& reason) { end = reason; });
    announce("router", router.actor());
    announce("dispatcher", dispatcher.actor());
  }

  void announce(const std::string& name, const caf::actor& child) {
    caf::send_as(supervisor.actor(), subject, child_started{name, 0, child});
    run();
  }

  void fail_permanently(std::uint16_t shard) {
    caf::send_as(
        supervisor.actor(), subject,
        child_terminated{.name = "shard", .index = shard, .is_fenced = false, .reason = "damage"});
    run();
  }

  /// The shards that are not desired have stopped.
  void stop_undesired() {
    caf::send_as(supervisor.actor(), subject, running_children{"shard", desired()});
    run();
  }

  /// The shards that shall run here, by the latest set_desired_children.
  std::vector<std::uint16_t> desired() {
    const auto requests = supervisor.all<set_desired_children>();
    return requests.empty() ? std::vector<std::uint16_t>{}
                            : requests.back().get_as<set_desired_children>(0).indexes;
  }

  cluster_updated published() {
    const auto updates = router.all<cluster_updated>();
    REQUIRE_FALSE(updates.empty());
    return updates.back().get_as<cluster_updated>(0);
  }

  std::vector<std::uint64_t> owners() {
    cluster_view view;
    REQUIRE(others->read_view(view).ok());
    std::vector<std::uint64_t> all;
    for (const auto& assigned : view.assignments)
      all.push_back(assigned.owner.value);
    return all;
  }

  /// Node `b`, id 2, joins and claims these shards.
  void join_other(const std::vector<std::uint16_t>& claims) {
    REQUIRE(others->join(member_called("b", 2)).ok());
    std::vector<shard_assignment> assignments;
    for (const auto shard : claims)
      assignments.push_back({{shard}, {}, 0});
    std::vector<shard_id> claimed;
    REQUIRE(others->claim({2}, assignments, claimed).ok());
  }

  std::size_t owned_by(std::uint64_t owner) {
    const auto all = owners();
    return static_cast<std::size_t>(std::count(all.begin(), all.end(), owner));
  }

  /// Lets time pass in which another member sends heartbeats.
  void advance_with(std::uint64_t other, duration span) {
    for (; span > duration{0}; span -= 250ms) {
      bool is_member = false;
      REQUIRE(others->heartbeat({other}, is_member).ok());
      advance(250ms);
    }
  }

  std::shared_ptr<memory_disk> disk = std::make_shared<memory_disk>();
  bool is_unavailable = false;
  duration storage_lag{0}; ///< of its clock, behind this node's
  membership_faults faults;
  std::shared_ptr<membership> others = std::make_shared<memory_membership>(
      disk, memory_membership::options{
                .shards = shards, .now = [this] { return time->now(); }, .is_partitioned = {}});
  cluster_keeper_options options;
  probe supervisor{system};
  probe router{system};
  probe dispatcher{system};
  probe peer{system};
  std::vector<std::string> dials;
  std::optional<caf::error> end;
  caf::actor subject;
};

using shard_list = std::vector<std::uint16_t>;

} // namespace belfry::test
