#include "link/cluster_links.hpp"

#include "base/actor_basics.hpp"
#include "belfry/actors/client_actor.hpp"
#include "support/actor_fixture.hpp"

#include <caf/node_id.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <string>

using namespace belfry;
using namespace std::chrono_literals;

namespace {

/// Links to a cluster of probes named `a` to `d`, which are also their host names.
class links_fixture : protected test::actor_fixture {
protected:
  static constexpr std::uint32_t shard_count = 4;

  links_fixture() {
    for (const auto* name : {"a", "b", "c", "d"}) {
      const auto& node = *(nodes[name] = std::make_unique<test::probe>(system));
      adopt(node.actor());
      is_up[name] = true;
    }
    options.transport = adopt(system.spawn([this](caf::event_based_actor*) -> caf::behavior {
      return {[this](caf::connect_atom, const std::string& host, std::uint16_t)
                  -> caf::result<caf::node_id, caf::strong_actor_ptr, std::set<std::string>> {
        dials.push_back(host);
        if (!is_up[host])
          return to_error({errc::unavailable, "nobody listens"});
        return {caf::node_id{}, caf::actor_cast<caf::strong_actor_ptr>(nodes[host]->actor()),
                std::set<std::string>{}};
      }};
    }));
    options.addresses = {{"a", 1}, {"b", 1}};
  }
  ~links_fixture() { kill_owned(); }

  caf::behavior host(caf::event_based_actor* self) {
    install_default_handlers(self);
    const auto host_of = [](const node_link& link) { return link.address.host; };
    links = std::make_unique<cluster_links>(
        self, options, random,
        cluster_links::listener{
            [this, host_of](const node_link& link) { calls.push_back("opened " + host_of(link)); },
            [this, host_of](const node_link& link) { calls.push_back("closed " + host_of(link)); },
            [this](const std::set<std::uint32_t>& shards) {
              std::string text = "moved";
              for (const auto shard : shards)
                text += " " + std::to_string(shard);
              calls.push_back(text);
            },
            [this](const failure& error) { calls.push_back("failed: " + error.what); },
            [this](const failure& error) { calls.push_back("refused: " + error.what); }});
    self->set_down_handler(
        [this](caf::down_msg& down) { (void)links->on_actor_down(down.source); });
    links->open();
    return {
        [this](welcome_atom, const envelope& message) {
          wire::Welcome welcome;
          REQUIRE(wire::open(message.bytes, welcome));
          if (welcome.has_failure())
            links->refused({errc::invalid_argument, welcome.failure().what()});
          else
            links->welcome(welcome);
        },
        [this](cluster_atom, const envelope& message) {
          wire::Cluster cluster;
          REQUIRE(wire::open(message.bytes, cluster));
          links->update_cluster(cluster);
        },
        [this](dial_atom, std::uint64_t attempt) { links->dial(attempt); },
        [this](connect_timeout_atom, std::uint64_t attempt) { links->connect_timed_out(attempt); },
    };
  }

  void start() {
    subject = adopt(system.spawn([this](caf::event_based_actor* self) { return host(self); }));
    run();
  }

  template <class Atom>
  void send(const std::string& node, Atom type, const google::protobuf::MessageLite& message) {
    caf::send_as(nodes[node]->actor(), subject, type, envelope{wire::seal(message), 0});
    run();
  }

  /// `owners` by shard; a node's member number is its letter's place in the alphabet.
  static wire::Cluster cluster(std::int64_t version, const std::string& members,
                               const std::string& owners, char reported_by) {
    wire::Cluster cluster;
    cluster.set_version(version);
    cluster.set_reported_by(static_cast<std::uint64_t>(reported_by - 'a' + 1));
    for (const char name : members) {
      auto& node = *cluster.add_nodes();
      node.set_member(static_cast<std::uint64_t>(name - 'a' + 1));
      node.set_host(std::string{name});
      node.set_port(1);
    }
    for (const char name : owners)
      cluster.add_owners(static_cast<std::uint32_t>(members.find(name) + 1)); // npos + 1: nobody
    return cluster;
  }

  void welcome(const std::string& node, const wire::Cluster& cluster_seen,
               std::uint32_t shards = shard_count) {
    wire::Welcome welcome;
    welcome.set_shard_count(shards);
    *welcome.mutable_cluster() = cluster_seen;
    send(node, welcome_atom::value, welcome);
  }

  void welcome_alone(const std::string& node) {
    wire::Welcome welcome;
    welcome.set_shard_count(shard_count);
    send(node, welcome_atom::value, welcome);
  }

  void kill(const std::string& node) {
    is_up[node] = false;
    caf::anon_send_exit(nodes[node]->actor(), caf::exit_reason::kill);
    run();
  }

  std::string route() {
    std::string owners;
    for (std::uint32_t shard = 0; shard < shard_count; ++shard) {
      const auto* link = links->link_to(shard);
      owners += link ? link->address.host : "-";
    }
    return owners;
  }

  std::vector<std::string> take_calls() { return std::exchange(calls, {}); }

  links_options options;
  prng random{7};
  std::map<std::string, std::unique_ptr<test::probe>> nodes;
  std::map<std::string, bool> is_up;
  std::vector<std::string> dials;
  std::vector<std::string> calls;
  std::unique_ptr<cluster_links> links;
  caf::actor subject;
};

using texts = std::vector<std::string>;

} // namespace

TEST_CASE_METHOD(links_fixture, "a node that is alone has all shards", "[links]") {
  start();
  CHECK(route() == "----");
  welcome_alone("a");
  CHECK(route() == "aaaa");
  CHECK(take_calls() == texts{"opened a"});
  CHECK(dials == texts{"a"});
}

TEST_CASE_METHOD(links_fixture, "there is a link to every node that owns a shard", "[links]") {
  start();
  welcome("a", cluster(1, "abcd", "abba", 'a'));
  CHECK(dials == texts{"a", "b"});
  CHECK(route() == "a--a");
  welcome("b", cluster(1, "abcd", "abba", 'b'));
  CHECK(route() == "abba");
}

TEST_CASE_METHOD(links_fixture, "a shard is followed from node to node", "[links]") {
  start();
  welcome("a", cluster(1, "ab", "aaaa", 'a'));
  take_calls();
  send("a", cluster_atom::value, cluster(2, "ab", "aaba", 'a'));
  CHECK(take_calls() == texts{"moved 2"});
  welcome("b", cluster(2, "ab", "aaba", 'b'));
  CHECK(route() == "aaba");
}

TEST_CASE_METHOD(links_fixture, "an older report does not replace a newer one", "[links]") {
  start();
  welcome("a", cluster(5, "ab", "aabb", 'a'));
  welcome("b", cluster(3, "ab", "aaaa", 'b'));
  CHECK(route() == "aabb");
}

TEST_CASE_METHOD(links_fixture,
                 "of two contradicting reports of the same moment the first one counts",
                 "[links]") {
  start();
  welcome("a", cluster(7, "ab", "aaab", 'a'));
  welcome("b", cluster(7, "ab", "aaab", 'b'));
  send("a", cluster_atom::value, cluster(8, "ab", "aaab", 'a'));
  take_calls();
  send("b", cluster_atom::value, cluster(8, "ab", "aaba", 'b'));
  CHECK(take_calls().empty()); // Otherwise open requests would be sent back and forth.

  send("a", cluster_atom::value, cluster(8, "ab", "baab", 'a'));
  CHECK(take_calls() == texts{"moved 0"});
  send("b", cluster_atom::value, cluster(9, "ab", "baba", 'b'));
  CHECK(take_calls() == texts{"moved 2 3"});
}

TEST_CASE_METHOD(links_fixture, "reports are followed when the storage's clock was set back",
                 "[links]") {
  start();
  welcome("a", cluster(5'000, "ab", "aabb", 'a'));
  welcome("b", cluster(5'000, "ab", "aabb", 'b'));
  send("b", cluster_atom::value, cluster(1'000, "ab", "bbbb", 'b'));
  CHECK(route() == "bbbb");
  send("a", cluster_atom::value, cluster(1'001, "ab", "abbb", 'a'));
  CHECK(route() == "abbb");
  send("b", cluster_atom::value, cluster(1'002, "ab", "bbbb", 'b'));
  CHECK(route() == "bbbb");
}

TEST_CASE_METHOD(links_fixture, "a shard that is restarted where it was counts as moved",
                 "[links]") {
  start();
  const auto with_epochs = [](wire::Cluster cluster, std::initializer_list<std::uint64_t> epochs) {
    for (const auto epoch : epochs)
      cluster.add_epochs(epoch);
    return cluster;
  };
  welcome("a", cluster(1, "a", "aaaa", 'a')); // An older node.
  take_calls();
  send("a", cluster_atom::value, with_epochs(cluster(2, "a", "aaaa", 'a'), {1, 1, 1, 1}));
  CHECK(take_calls().empty());
  send("a", cluster_atom::value, with_epochs(cluster(3, "a", "aaaa", 'a'), {1, 2, 1, 1}));
  CHECK(take_calls() == texts{"moved 1"});
}

TEST_CASE_METHOD(links_fixture, "a broken link is retried while others stay open", "[links]") {
  start();
  welcome("a", cluster(1, "ab", "aabb", 'a'));
  welcome("b", cluster(1, "ab", "aabb", 'b'));
  take_calls();
  kill("b");
  CHECK(take_calls() == texts{"closed b"});
  CHECK(route() == "aa--");
  dials.clear();
  advance(1s);
  CHECK(dials.size() >= 2);
  CHECK(dials[0] == "b");
  CHECK(take_calls().empty());
}

TEST_CASE_METHOD(links_fixture, "a node that has left is not retried", "[links]") {
  start();
  welcome("a", cluster(1, "ab", "aabb", 'a'));
  welcome("b", cluster(1, "ab", "aabb", 'b'));
  kill("b");
  send("a", cluster_atom::value, cluster(2, "a", "aaaa", 'a'));
  dials.clear();
  advance(30s);
  CHECK(dials.empty());
  CHECK(route() == "aaaa");
}

TEST_CASE_METHOD(links_fixture, "when no link is left all known addresses are tried in turn",
                 "[links]") {
  start();
  welcome("a", cluster(1, "acd", "aaaa", 'a'));
  for (const auto* node : {"b", "c"})
    is_up[node] = false;
  kill("a");
  advance(5s);
  welcome("d", cluster(2, "cd", "dddd", 'd'));
  CHECK(route() == "dddd");
  CHECK(std::count(dials.begin(), dials.end(), "b") > 0);
}

TEST_CASE_METHOD(links_fixture, "the first address that answers is used", "[links]") {
  is_up["a"] = false;
  start();
  CHECK(take_calls() == texts{"failed: no node answers at a:1: nobody listens"});
  advance(1s);
  welcome("b", cluster(1, "b", "bbbb", 'b'));
  CHECK(route() == "bbbb");
}

TEST_CASE_METHOD(links_fixture, "a refusal is reported while no link is open", "[links]") {
  start();
  wire::Welcome welcome;
  welcome.mutable_failure()->set_what("other cluster");
  send("a", welcome_atom::value, welcome);
  CHECK(take_calls() == texts{"refused: other cluster", "failed: other cluster"});
}

TEST_CASE_METHOD(links_fixture, "a node found by two addresses has one link", "[links]") {
  options.addresses = {{"b", 1}};
  start();
  // The node reports itself as a, at another address than the one dialled.
  welcome("b", cluster(1, "a", "aaaa", 'a'));
  CHECK(dials == texts{"b"});
  CHECK(route() == "bbbb");
}

TEST_CASE_METHOD(links_fixture, "a node that comes back as another member has one link",
                 "[links]") {
  start();
  welcome("a", cluster(1, "a", "aaaa", 'a'));
  kill("a");
  nodes["a"] = std::make_unique<test::probe>(system);
  adopt(nodes["a"]->actor());
  is_up["a"] = true;
  advance(2s);
  auto after = cluster(2, "a", "aaaa", 'z');
  after.mutable_nodes(0)->set_member('z' - 'a' + 1);
  dials.clear();
  welcome("a", after);
  CHECK(route() == "aaaa");
  advance(30s);
  CHECK(links->links().size() == 1);
}

TEST_CASE_METHOD(links_fixture, "links to one cluster never join another", "[links]") {
  start();
  wire::Welcome welcome;
  welcome.set_shard_count(shard_count);
  welcome.set_cluster_name("blue");
  *welcome.mutable_cluster() = cluster(1, "ab", "aabb", 'a');
  send("a", welcome_atom::value, welcome);
  const auto cluster_in_hello_to = [this](const std::string& node) {
    wire::Hello hello;
    REQUIRE(wire::open(
        nodes[node]->all<hello_atom, envelope>().at(0).template get_as<envelope>(1).bytes, hello));
    return hello.cluster();
  };
  CHECK(cluster_in_hello_to("a").empty());
  CHECK(cluster_in_hello_to("b") == "blue");
}

TEST_CASE_METHOD(links_fixture, "reachable outboxes are used in turn", "[links]") {
  start();
  auto with_outbox = [](wire::Cluster cluster, const std::string& queue) {
    cluster.add_outbox_queues(queue);
    return cluster;
  };
  CHECK(links->next_outbox() == nullptr);
  welcome("a", with_outbox(cluster(5, "abc", "aabc", 'a'), "mail"));
  welcome("b", with_outbox(cluster(3, "abc", "aabc", 'b'),
                           "sms")); // An older report, but its queues count.
  welcome("c", cluster(5, "abc", "aabc", 'c'));
  CHECK(links->outbox_queues() == std::set<std::string>{"mail", "sms"});
  const auto* first = links->next_outbox();
  const auto* second = links->next_outbox();
  REQUIRE((first && second));
  CHECK(first->address.host != second->address.host);
  CHECK(links->next_outbox() == first);
  send("a", cluster_atom::value, cluster(6, "abc", "aabc", 'a')); // It has no outbox any more.
  CHECK(links->next_outbox()->address.host == "b");
}
