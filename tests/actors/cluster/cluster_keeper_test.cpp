#include "cluster/cluster_keeper.hpp"

#include "belfry/actors/protocol.hpp"

#include "base/actor_basics.hpp"
#include "base/local_messages.hpp"
#include "support/actor_fixture.hpp"

#include "journal/memory_membership.hpp"
#include "wire/envelope.hpp"

#include <catch2/catch.hpp>

#include <caf/node_id.hpp>

#include <algorithm>
#include <functional>
#include <optional>
#include <set>

using namespace belfry;
using namespace std::chrono_literals;

namespace {

/// Something happens just before a member is buried.
class interrupted_membership : public memory_membership {
public:
  interrupted_membership(std::shared_ptr<memory_disk> disk, memory_membership::options with,
                         std::function<void()>& before_bury)
      : memory_membership(std::move(disk), std::move(with)), before_bury_(before_bury) {}

  storage_status evict(member_id dead, std::uint64_t heartbeats) override {
    if (before_bury_)
      before_bury_();
    return memory_membership::evict(dead, heartbeats);
  }

private:
  std::function<void()>& before_bury_;
};

/// A cluster keeper of a node called `a`, whose supervisor and router are probes, and other
/// members that do what the test says.
struct cluster_fixture : test::actor_fixture {
  static constexpr std::uint16_t shards = 4;

  cluster_fixture() {
    options.self = member_called("a", 1);
    options.open = [this]() -> result<std::shared_ptr<membership>> { return store(); };
    options.transport = own(system.spawn([this](caf::event_based_actor*) -> caf::behavior {
      return {[this](caf::connect_atom, const std::string& host, std::uint16_t)
                  -> caf::result<caf::node_id, caf::strong_actor_ptr, std::set<std::string>> {
        dials.push_back(host);
        return {caf::node_id{}, caf::actor_cast<caf::strong_actor_ptr>(peer.actor()),
                std::set<std::string>{}};
      }};
    }));
    for (const auto& one : {supervisor.actor(), router.actor(), dispatcher.actor(), peer.actor()})
      own(one);
  }
  ~cluster_fixture() { kill_owned(); }

  std::shared_ptr<membership> store() {
    return std::make_shared<interrupted_membership>(
        disk,
        memory_membership::options{shards, [this] { return time->now() - storage_lag; },
                                   [this] { return is_away; }},
        before_bury);
  }

  static member member_called(const std::string& name, std::uint64_t number) {
    member one;
    one.id = {number};
    one.name = one.host = one.machine = name;
    one.port = 4100;
    one.settings = "lease=10s";
    return one;
  }

  void start() {
    subject = own(system.spawn(cluster_keeper, options));
    subject->attach_functor([this](const caf::error& why) { end = why; });
    introduce("router", router.actor());
    introduce("dispatcher", dispatcher.actor());
  }

  void introduce(const std::string& name, const caf::actor& child) {
    caf::send_as(supervisor.actor(), subject, child_started{name, 0, child});
    run();
  }

  void give_up(std::uint16_t shard) {
    caf::send_as(supervisor.actor(), subject, child_terminated{"shard", shard, false, "why"});
    run();
  }

  /// All that is not to live has ended.
  void obey() {
    caf::send_as(supervisor.actor(), subject, running_children{"shard", held()});
    run();
  }

  /// The shards that shall live here by the latest order.
  std::vector<std::uint16_t> held() {
    const auto orders = supervisor.all<set_desired_children>();
    return orders.empty() ? std::vector<std::uint16_t>{}
                          : orders.back().get_as<set_desired_children>(0).indexes;
  }

  cluster_updated known() {
    const auto news = router.all<cluster_updated>();
    REQUIRE_FALSE(news.empty());
    return news.back().get_as<cluster_updated>(0);
  }

  std::vector<std::uint64_t> owners() {
    cluster_view view;
    REQUIRE(others->read_view(view).ok());
    std::vector<std::uint64_t> all;
    for (const auto& one : view.assignments)
      all.push_back(one.owner.value);
    return all;
  }

  void let_other_have(const std::vector<std::uint16_t>& some) {
    REQUIRE(others->join(member_called("b", 2)).ok());
    std::vector<shard_assignment> assignments;
    for (const auto shard : some)
      assignments.push_back({{shard}, {}, 0});
    std::vector<shard_id> claimed;
    REQUIRE(others->claim({2}, assignments, claimed).ok());
  }

  std::size_t count_of(std::uint64_t owner) {
    const auto all = owners();
    return static_cast<std::size_t>(std::count(all.begin(), all.end(), owner));
  }

  /// Lets time pass in which another member gives signs of life.
  void live(std::uint64_t other, duration span) {
    for (; span > duration{0}; span -= 250ms) {
      bool is_member = false;
      REQUIRE(others->heartbeat({other}, is_member).ok());
      advance(250ms);
    }
  }

  std::shared_ptr<memory_disk> disk = std::make_shared<memory_disk>();
  bool is_away = false;
  duration storage_lag{0}; ///< of its clock, behind this node's
  std::function<void()> before_bury;
  std::shared_ptr<membership> others = std::make_shared<memory_membership>(
      disk, memory_membership::options{shards, [this] { return time->now(); }, {}});
  cluster_keeper_options options;
  test::probe supervisor{system};
  test::probe router{system};
  test::probe dispatcher{system};
  test::probe peer{system};
  std::vector<std::string> dials;
  std::optional<caf::error> end;
  caf::actor subject;
};

using shard_list = std::vector<std::uint16_t>;

} // namespace

TEST_CASE_METHOD(cluster_fixture, "the first node has all shards at once", "[cluster]") {
  start();
  CHECK(held() == shard_list{0, 1, 2, 3});
  CHECK(count_of(1) == 4);
  CHECK(known().self == member_id{1});
  CHECK(known().routes == std::vector<member_id>(4, member_id{1}));
}

TEST_CASE_METHOD(cluster_fixture, "others know where a shard is before it is started",
                 "[cluster]") {
  std::vector<std::string> order;
  const auto note = [&order](const char* what) {
    return [&order, what] { order.push_back(what); };
  };
  const auto told = note("told");
  const auto ordered = note("ordered");
  const auto listener = own(system.spawn([&](caf::event_based_actor*) -> caf::behavior {
    return {[&](const cluster_updated& news) {
              if (!news.view->assignments.empty() && news.view->assignments[0].owner)
                told();
            },
            [&](const set_desired_children& what) {
              if (!what.indexes.empty())
                ordered();
            }};
  }));
  subject = own(system.spawn(cluster_keeper, options));
  caf::send_as(listener, subject, child_started{"dispatcher", 0, listener});
  caf::send_as(listener, subject, child_started{"router", 0, router.actor()});
  run();
  advance(500ms);
  REQUIRE_FALSE(order.empty());
  CHECK(order.front() == "told");
}

TEST_CASE_METHOD(cluster_fixture, "a shard that is another's by right is ended and given away",
                 "[cluster]") {
  start();
  REQUIRE(others->join(member_called("b", 2)).ok());
  live(2, 500ms);
  const auto kept = held();
  REQUIRE(kept.size() < 4);
  CHECK(count_of(1) == 4); // They have not ended yet.

  shard_list going;
  for (std::uint16_t shard = 0; shard < shards; ++shard)
    if (std::count(kept.begin(), kept.end(), shard) == 0)
      going.push_back(shard);
  obey();

  CHECK(count_of(0) == going.size());
  CHECK(known().routes[going[0]] == member_id{2});
  CHECK(dials == std::vector<std::string>{"b"});
  CHECK(peer.all<refresh_atom, envelope>().size() == 1);
}

TEST_CASE_METHOD(cluster_fixture,
                 "the next shard is given away when the heir had time for the last", "[cluster]") {
  start();
  REQUIRE(others->join(member_called("b", 2)).ok());
  live(2, 500ms);
  obey();
  REQUIRE(count_of(0) == 1);
  std::vector<shard_assignment> free;
  cluster_view view;
  REQUIRE(others->read_view(view).ok());
  std::copy_if(view.assignments.begin(), view.assignments.end(), std::back_inserter(free),
               [](const shard_assignment& one) { return !one.owner; });
  std::vector<shard_id> claimed;
  REQUIRE(others->claim({2}, free, claimed).ok());
  REQUIRE(claimed.size() == 1);
  caf::anon_send(subject, refresh_atom::value, envelope{});
  advance(150ms);
  CHECK(held().size() == 3);
  advance(100ms);
  CHECK(held().size() == 2);
}

TEST_CASE_METHOD(cluster_fixture, "a shard that comes back after it was given away is held again",
                 "[cluster]") {
  start();
  REQUIRE(others->join(member_called("b", 2)).ok());
  live(2, 500ms);
  obey();
  REQUIRE(count_of(0) > 0);
  REQUIRE(others->leave({2}).ok()); // Before it has claimed them.
  advance(500ms);
  CHECK(held() == shard_list{0, 1, 2, 3});
}

TEST_CASE_METHOD(cluster_fixture, "the shards of a silent member are taken over", "[cluster]") {
  let_other_have({0, 1, 2, 3});
  start();
  live(2, 3s);
  CHECK(count_of(2) == 4);

  advance(2'500ms);
  CHECK(count_of(2) == 4);
  advance(1'000ms);
  CHECK(held() == shard_list{0, 1, 2, 3});
  CHECK(count_of(1) == 4);
}

TEST_CASE_METHOD(cluster_fixture, "who gives a sign of life at the last moment keeps its shards",
                 "[cluster]") {
  let_other_have({0, 1, 2, 3});
  before_bury = [this] {
    bool is_member = false;
    REQUIRE(others->heartbeat({2}, is_member).ok());
    CHECK(is_member);
  };
  start();
  advance(4s);
  CHECK(count_of(2) == 4);
  CHECK(held().empty());
}

TEST_CASE_METHOD(cluster_fixture, "the storage's clock says who is silent", "[cluster]") {
  let_other_have({0});
  start();
  for (int read_view = 0; read_view < 20;
       ++read_view, storage_lag += 240ms) // This node's clock runs away.
    advance(250ms);
  CHECK(count_of(2) == 1);
  advance(3s);
  CHECK(count_of(2) == 0);
}

TEST_CASE_METHOD(cluster_fixture, "who had lost the storage itself takes nobody for dead",
                 "[cluster]") {
  let_other_have({0});
  start();
  live(2, 1s);
  is_away = true;
  advance(10s);
  is_away = false;
  advance(2'500ms);
  CHECK(count_of(2) == 1);
  CHECK_FALSE(end);
}

TEST_CASE_METHOD(cluster_fixture, "a node that was buried ends its shards and joins again",
                 "[cluster]") {
  start();
  cluster_view view;
  REQUIRE(others->read_view(view).ok());
  REQUIRE(others->evict({1}, view.members[0].heartbeats).ok());
  supervisor.heard().clear();
  advance(1s);
  const auto orders = supervisor.all<set_desired_children>();
  REQUIRE(orders.size() >= 2);
  CHECK(orders.front().get_as<set_desired_children>(0).indexes.empty());
  CHECK(held() == shard_list{0, 1, 2, 3});
}

TEST_CASE_METHOD(cluster_fixture, "a shard that was given up here rests", "[cluster]") {
  start();
  give_up(2);
  advance(1s);
  CHECK(held() == shard_list{0, 1, 3});
  CHECK(count_of(1) == 4); // No other node would fare better with it.
  advance(61s);
  CHECK(held() == shard_list{0, 1, 2, 3});
}

TEST_CASE_METHOD(cluster_fixture, "a shard that does not live is given away like any other",
                 "[cluster]") {
  start();
  for (std::uint16_t shard = 0; shard < shards; ++shard)
    give_up(shard);
  REQUIRE(others->join(member_called("b", 2)).ok());
  live(2, 500ms);
  obey();
  CHECK(count_of(0) > 0);
}

TEST_CASE_METHOD(cluster_fixture, "who leaves gives everything away and tells the heirs",
                 "[cluster]") {
  start();
  REQUIRE(others->join(member_called("b", 2)).ok());
  live(2, 500ms);
  caf::anon_send_exit(subject, caf::exit_reason::user_shutdown);
  run();
  CHECK(end == caf::error{caf::exit_reason::user_shutdown});
  CHECK(count_of(0) == 4);
  CHECK(peer.all<refresh_atom, envelope>().size() == 1);
}

TEST_CASE_METHOD(cluster_fixture, "other settings than those of a living member end the node",
                 "[cluster]") {
  auto other = member_called("b", 2);
  other.settings = "lease=3s";
  REQUIRE(others->join(other).ok());
  start();
  live(2, 2s);
  REQUIRE(end);
  CHECK(is_permanent_failure(*end));
  CHECK(
      failure_of(*end, system).what.find("node 'b' at b:4100 has lease=3s, this node lease=10s") !=
      std::string::npos);
}

TEST_CASE_METHOD(cluster_fixture, "a dead member's settings stand in nobody's way", "[cluster]") {
  auto other = member_called("b", 2);
  other.settings = "lease=3s";
  REQUIRE(others->join(other).ok());
  start();
  advance(5s);
  CHECK_FALSE(end);
  CHECK(held() == shard_list{0, 1, 2, 3});
}

TEST_CASE_METHOD(cluster_fixture, "a node is drained by name, and a stranger is not found",
                 "[cluster]") {
  start();
  REQUIRE(others->join(member_called("b", 2)).ok());
  test::probe client{system};
  own(client.actor());
  const auto ask = [&](const std::string& node) {
    client.heard().clear();
    caf::send_as(router.actor(), subject, drain_node{client.actor(), 7, node, false});
    run();
    wire::Response answer;
    REQUIRE(client.all<response_atom, envelope>().size() == 1);
    REQUIRE(wire::open(client.all<response_atom, envelope>()[0].get_as<envelope>(1).bytes, answer));
    CHECK(answer.correlation() == 7);
    return answer;
  };
  CHECK(ask("a").has_done());
  CHECK(ask("z").failure().code() == static_cast<std::uint32_t>(errc::not_found));
  live(2, 250ms);
  CHECK(held().size() == 3); // One at a time.
}
