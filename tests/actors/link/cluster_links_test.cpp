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

/// Links to a cluster of probes, `a` to `d`, that listen where their names say.
class links_fixture : protected test::actor_fixture {
protected:
  static constexpr std::uint32_t shard_count = 4;

  links_fixture() {
    for (const auto* name : {"a", "b", "c", "d"}) {
      const auto& known = *(nodes[name] = std::make_unique<test::probe>(system));
      own(known.actor());
      is_up[name] = true;
    }
    options.transport = own(system.spawn([this](caf::event_based_actor*) -> caf::behavior {
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
    const auto place = [](const node_link& one) { return one.place.host; };
    links = std::make_unique<cluster_links>(
        self, options, chance,
        cluster_links::listener{
            [this, place](const node_link& one) { heard.push_back("opened " + place(one)); },
            [this, place](const node_link& one) { heard.push_back("closed " + place(one)); },
            [this](const std::set<std::uint32_t>& shards) {
              std::string text = "moved";
              for (const auto shard : shards)
                text += " " + std::to_string(shard);
              heard.push_back(text);
            },
            [this](const failure& why) { heard.push_back("failed: " + why.what); },
            [this](const failure& why) { heard.push_back("refused: " + why.what); }});
    self->set_down_handler(
        [this](caf::down_msg& down) { (void)links->on_actor_down(down.source); });
    links->open();
    return {
        [this](welcome_atom, const envelope& from) {
          wire::Welcome word;
          REQUIRE(wire::open(from.bytes, word));
          if (word.has_failure())
            links->refused({errc::invalid_argument, word.failure().what()});
          else
            links->welcome(word);
        },
        [this](cluster_atom, const envelope& from) {
          wire::Cluster word;
          REQUIRE(wire::open(from.bytes, word));
          links->update_cluster(word);
        },
        [this](dial_atom, std::uint64_t attempt) { links->dial(attempt); },
        [this](connect_timeout_atom, std::uint64_t attempt) { links->connect_timed_out(attempt); },
    };
  }

  void start() {
    subject = own(system.spawn([this](caf::event_based_actor* self) { return host(self); }));
    run();
  }

  template <class Atom>
  void say(const std::string& node, Atom what, const google::protobuf::MessageLite& word) {
    caf::send_as(nodes[node]->actor(), subject, what, envelope{wire::seal(word), 0});
    run();
  }

  /// `owners` by shard; a node's member number is its letter's place in the alphabet.
  static wire::Cluster cluster(std::int64_t version, const std::string& members,
                               const std::string& owners, char reported_by) {
    wire::Cluster word;
    word.set_version(version);
    word.set_reported_by(static_cast<std::uint64_t>(reported_by - 'a' + 1));
    for (const char name : members) {
      auto& node = *word.add_nodes();
      node.set_member(static_cast<std::uint64_t>(name - 'a' + 1));
      node.set_host(std::string{name});
      node.set_port(1);
    }
    for (const char name : owners)
      word.add_owners(static_cast<std::uint32_t>(members.find(name) + 1)); // npos + 1: nobody
    return word;
  }

  void welcome(const std::string& node, const wire::Cluster& where,
               std::uint32_t shards = shard_count) {
    wire::Welcome word;
    word.set_shard_count(shards);
    *word.mutable_cluster() = where;
    say(node, welcome_atom::value, word);
  }

  void welcome_alone(const std::string& node) {
    wire::Welcome word;
    word.set_shard_count(shard_count);
    say(node, welcome_atom::value, word);
  }

  void kill(const std::string& node) {
    is_up[node] = false;
    caf::anon_send_exit(nodes[node]->actor(), caf::exit_reason::kill);
    run();
  }

  std::string route() {
    std::string owners;
    for (std::uint32_t shard = 0; shard < shard_count; ++shard) {
      const auto* one = links->at(shard);
      owners += one ? one->place.host : "-";
    }
    return owners;
  }

  std::vector<std::string> take_heard() { return std::exchange(heard, {}); }

  links_options options;
  prng chance{7};
  std::map<std::string, std::unique_ptr<test::probe>> nodes;
  std::map<std::string, bool> is_up;
  std::vector<std::string> dials;
  std::vector<std::string> heard;
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
  CHECK(take_heard() == texts{"opened a"});
  CHECK(dials == texts{"a"});
}

TEST_CASE_METHOD(links_fixture, "there is a link to every node that has a shard", "[links]") {
  start();
  welcome("a", cluster(1, "abcd", "abba", 'a'));
  CHECK(dials == texts{"a", "b"});
  CHECK(route() == "a--a");
  welcome("b", cluster(1, "abcd", "abba", 'b'));
  CHECK(route() == "abba");
}

TEST_CASE_METHOD(links_fixture, "shards are followed from node to node", "[links]") {
  start();
  welcome("a", cluster(1, "ab", "aaaa", 'a'));
  take_heard();
  say("a", cluster_atom::value, cluster(2, "ab", "aaba", 'a'));
  CHECK(take_heard() == texts{"moved 2"});
  welcome("b", cluster(2, "ab", "aaba", 'b'));
  CHECK(route() == "aaba");
}

TEST_CASE_METHOD(links_fixture, "what is known already is not forgotten for older news",
                 "[links]") {
  start();
  welcome("a", cluster(5, "ab", "aabb", 'a'));
  welcome("b", cluster(3, "ab", "aaaa", 'b'));
  CHECK(route() == "aabb");
}

TEST_CASE_METHOD(links_fixture, "of two that looked at the same moment the first is believed",
                 "[links]") {
  start();
  welcome("a", cluster(7, "ab", "aaab", 'a'));
  welcome("b", cluster(7, "ab", "aaab", 'b'));
  say("a", cluster_atom::value, cluster(8, "ab", "aaab", 'a'));
  take_heard();
  say("b", cluster_atom::value, cluster(8, "ab", "aaba", 'b'));
  CHECK(take_heard().empty()); // Else what is open would be sent to and fro.

  say("a", cluster_atom::value, cluster(8, "ab", "baab", 'a'));
  CHECK(take_heard() == texts{"moved 0"});
  say("b", cluster_atom::value, cluster(9, "ab", "baba", 'b'));
  CHECK(take_heard() == texts{"moved 2 3"});
}

TEST_CASE_METHOD(links_fixture, "a storage's clock that goes back is followed", "[links]") {
  start();
  welcome("a", cluster(5'000, "ab", "aabb", 'a'));
  welcome("b", cluster(5'000, "ab", "aabb", 'b'));
  say("b", cluster_atom::value, cluster(1'000, "ab", "bbbb", 'b'));
  CHECK(route() == "bbbb");
  say("a", cluster_atom::value, cluster(1'001, "ab", "abbb", 'a'));
  CHECK(route() == "abbb");
  say("b", cluster_atom::value, cluster(1'002, "ab", "bbbb", 'b'));
  CHECK(route() == "bbbb");
}

TEST_CASE_METHOD(links_fixture, "a shard that begins anew where it was has moved, too", "[links]") {
  start();
  const auto with_epochs = [](wire::Cluster word, std::initializer_list<std::uint64_t> epochs) {
    for (const auto one : epochs)
      word.add_epochs(one);
    return word;
  };
  welcome("a", cluster(1, "a", "aaaa", 'a')); // An older node.
  take_heard();
  say("a", cluster_atom::value, with_epochs(cluster(2, "a", "aaaa", 'a'), {1, 1, 1, 1}));
  CHECK(take_heard().empty());
  say("a", cluster_atom::value, with_epochs(cluster(3, "a", "aaaa", 'a'), {1, 2, 1, 1}));
  CHECK(take_heard() == texts{"moved 1"});
}

TEST_CASE_METHOD(links_fixture, "a link that breaks is tried again, and others go on", "[links]") {
  start();
  welcome("a", cluster(1, "ab", "aabb", 'a'));
  welcome("b", cluster(1, "ab", "aabb", 'b'));
  take_heard();
  kill("b");
  CHECK(take_heard() == texts{"closed b"});
  CHECK(route() == "aa--");
  dials.clear();
  advance(1s);
  CHECK(dials.size() >= 2);
  CHECK(dials[0] == "b");
  CHECK(take_heard().empty());
}

TEST_CASE_METHOD(links_fixture, "who has left is not tried any more", "[links]") {
  start();
  welcome("a", cluster(1, "ab", "aabb", 'a'));
  welcome("b", cluster(1, "ab", "aabb", 'b'));
  kill("b");
  say("a", cluster_atom::value, cluster(2, "a", "aaaa", 'a'));
  dials.clear();
  advance(30s);
  CHECK(dials.empty());
  CHECK(route() == "aaaa");
}

TEST_CASE_METHOD(links_fixture, "when no link is left all that was known is tried in turn",
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

TEST_CASE_METHOD(links_fixture, "the first place that answers will do", "[links]") {
  is_up["a"] = false;
  start();
  CHECK(take_heard() == texts{"failed: no node answers at a:1: nobody listens"});
  advance(1s);
  welcome("b", cluster(1, "b", "bbbb", 'b'));
  CHECK(route() == "bbbb");
}

TEST_CASE_METHOD(links_fixture, "a refusal is heard while nothing else is open", "[links]") {
  start();
  wire::Welcome word;
  word.mutable_failure()->set_what("other cluster");
  say("a", welcome_atom::value, word);
  CHECK(take_heard() == texts{"refused: other cluster", "failed: other cluster"});
}

TEST_CASE_METHOD(links_fixture, "a node found by two addresses has one link", "[links]") {
  options.addresses = {{"b", 1}};
  start();
  // It calls itself a, whom everybody else finds at another place.
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
  own(nodes["a"]->actor());
  is_up["a"] = true;
  advance(2s);
  auto after = cluster(2, "a", "aaaa", 'z');
  after.mutable_nodes(0)->set_member('z' - 'a' + 1);
  dials.clear();
  welcome("a", after);
  CHECK(route() == "aaaa");
  advance(30s);
  CHECK(links->all().size() == 1);
}

TEST_CASE_METHOD(links_fixture, "who has met one cluster greets no other", "[links]") {
  start();
  wire::Welcome word;
  word.set_shard_count(shard_count);
  word.set_cluster_name("blue");
  *word.mutable_cluster() = cluster(1, "ab", "aabb", 'a');
  say("a", welcome_atom::value, word);
  const auto greeting_to = [this](const std::string& node) {
    wire::Hello hello;
    REQUIRE(wire::open(
        nodes[node]->all<hello_atom, envelope>().at(0).template get_as<envelope>(1).bytes, hello));
    return hello.cluster();
  };
  CHECK(greeting_to("a").empty());
  CHECK(greeting_to("b") == "blue");
}

TEST_CASE_METHOD(links_fixture, "outboxes that are in reach take turns", "[links]") {
  start();
  auto with_outbox = [](wire::Cluster from, const std::string& queue) {
    from.add_outbox_queues(queue);
    return from;
  };
  CHECK(links->next_outbox() == nullptr);
  welcome("a", with_outbox(cluster(5, "abc", "aabc", 'a'), "mail"));
  welcome("b", with_outbox(cluster(3, "abc", "aabc", 'b'), "sms")); // It tells the past, but that.
  welcome("c", cluster(5, "abc", "aabc", 'c'));
  CHECK(links->outbox_queues() == std::set<std::string>{"mail", "sms"});
  const auto* first = links->next_outbox();
  const auto* second = links->next_outbox();
  REQUIRE((first && second));
  CHECK(first->place.host != second->place.host);
  CHECK(links->next_outbox() == first);
  say("a", cluster_atom::value, cluster(6, "abc", "aabc", 'a')); // No more.
  CHECK(links->next_outbox()->place.host == "b");
}
