#include "os/link/link_acceptor.hpp"

#include "attacker.hpp"
#include "link_fixture.hpp"
#include "os/link/listening_sockets.hpp"
#include "raw_connection.hpp"

#include <memory>
#include <vector>

using namespace belfry;
using namespace belfry::test;

namespace {

std::string trouble(const node_address& place, const link_security& with) {
  const auto opened =
      link_acceptor::open(place, load_credentials(with),
                          {[](const peer_link&) {}, [](const std::string&, const std::string&) {}});
  return opened ? "" : opened.error().what;
}

/// As long as this lives, nobody in this process gets a descriptor; a check might need one.
class no_descriptors_left {
public:
  no_descriptors_left() {
    REQUIRE(getrlimit(RLIMIT_NOFILE, &before_) == 0);
    const auto first_free = descriptor{dup(0)}.number();
    const rlimit none{static_cast<rlim_t>(first_free), before_.rlim_max};
    REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
  }
  ~no_descriptors_left() { CHECK(setrlimit(RLIMIT_NOFILE, &before_) == 0); }
  no_descriptors_left(const no_descriptors_left&) = delete;
  no_descriptors_left& operator=(const no_descriptors_left&) = delete;

private:
  rlimit before_{};
};

} // namespace

TEST_CASE("plain text leaves the machine only if that is allowed", "[link]") {
  for (const auto* host : {"0.0.0.0", "*"}) {
    CHECK(trouble({host, 0}, {}).find("bind: is " + std::string{host} + ", which other") == 0);
    CHECK(trouble({host, 0}, credentials().secret("bell")).find("bind: is ") == 0);
    CHECK(trouble({host, 0}, credentials().tls("node")).empty());
    link_security insecure;
    insecure.is_insecure = true;
    CHECK(trouble({host, 0}, insecure).empty());
  }
  CHECK(trouble({"localhost", 0}, {}).empty());
}

TEST_CASE("an acceptor at every address is met in every family", "[link]") {
  const auto keys = load_credentials(credentials().tls("node"));
  const auto opened = link_acceptor::open(
      {"*", 0}, keys, {[](const peer_link&) {}, [](const std::string&, const std::string&) {}});
  REQUIRE(opened.ok());
  static const std::atomic<bool> never{false};
  for (const auto* host : {"127.0.0.1", "::1"})
    if (listen_at({host, 0})) // Not every machine speaks IPv6.
      CHECK(dial({host, (*opened)->port()}, keys, test_timeout, never).ok());
}

TEST_CASE("a port that is taken has no second acceptor", "[link]") {
  const recording_acceptor first{load_credentials({})};

  CHECK(trouble(first.place(), {}) == "Address already in use");
}

TEST_CASE("who does not prove itself in time is dropped", "[link]") {
  recording_acceptor node{load_credentials({}), {.handshake = duration{50}}};
  raw_connection silent{node.port()};
  CHECK(silent.receive_all().empty());
  CHECK(node.refusal() == "it says nothing within 50 ms");

  raw_connection half{node.port()};
  half.say("BEL");
  CHECK(half.receive_all().empty());
  CHECK(node.refusal() == "it says no whole word within 50 ms");

  raw_connection unproved{node.port()};
  unproved.say(hello_of(auth_method::user));
  CHECK(unproved.receive_all().size() == handshake_message::bytes);
  CHECK(node.refusal() == "it says nothing within 50 ms");
}

TEST_CASE("a handshake of TLS that does not go on is dropped", "[link]") {
  recording_acceptor node{load_credentials(credentials().tls("node")), {.handshake = duration{50}}};
  raw_connection half{node.port()};
  half.say(hello_of(auth_method::tls));

  CHECK(half.receive_all().size() == handshake_message::bytes);
  CHECK(node.refusal() == "it does not go on with TLS within 50 ms");
}

TEST_CASE("strangers make room for those who come later", "[link]") {
  recording_acceptor node{load_credentials({}), {.handshake = test_timeout, .handshakes_max = 4}};
  std::vector<std::unique_ptr<raw_connection>> strangers;
  for (int i = 0; i < 5; ++i)
    strangers.push_back(std::make_unique<raw_connection>(node.port()));

  CHECK(node.refusal() == "others came, too many that have not proved who they are");
  CHECK(strangers.front()->receive_all().empty());
  CHECK(dial_as({}, node).ok());
}

TEST_CASE("who has begun to prove itself makes room last", "[link]") {
  recording_acceptor node{load_credentials({}), {.handshake = test_timeout, .handshakes_max = 4}};
  raw_connection first{node.port()};
  first.say(hello_of(auth_method::user));
  std::string answer(handshake_message::bytes, '\0');
  REQUIRE(recv(first.number(), answer.data(), answer.size(), MSG_WAITALL) > 0);
  std::vector<std::unique_ptr<raw_connection>> strangers;
  for (int i = 0; i < 20; ++i)
    strangers.push_back(std::make_unique<raw_connection>(node.port()));
  for (int i = 0; i < 17; ++i)
    (void)node.refusal();

  char letter = 0;
  CHECK(recv(first.number(), &letter, 1, MSG_DONTWAIT) < 0);
  CHECK(errno == EAGAIN); // Neither closed nor answered.
}

TEST_CASE("who has just come does not make room for the next", "[link]") {
  recording_acceptor node{load_credentials({}), {.handshake = test_timeout, .handshakes_max = 4}};
  std::vector<std::unique_ptr<raw_connection>> talkers;
  for (int i = 0; i < 3; ++i) {
    talkers.push_back(std::make_unique<raw_connection>(node.port()));
    talkers.back()->say(hello_of(auth_method::user));
    std::string answer(handshake_message::bytes, '\0');
    REQUIRE(recv(talkers.back()->number(), answer.data(), answer.size(), MSG_WAITALL) > 0);
  }
  raw_connection fresh{node.port()};
  const raw_connection next{node.port()};

  (void)node.refusal();

  CHECK(talkers.front()->receive_all().empty());
  char letter = 0;
  CHECK(recv(fresh.number(), &letter, 1, MSG_DONTWAIT) < 0);
  CHECK(errno == EAGAIN);
}

TEST_CASE("who comes a hundred times from one place keeps nobody of another out", "[link]") {
  recording_acceptor node{load_credentials({}), {.handshake = test_timeout, .handshakes_max = 4}};
  raw_connection other{node.port(), "127.0.0.2"};
  std::vector<std::unique_ptr<raw_connection>> crowd;
  for (int i = 0; i < 100; ++i)
    crowd.push_back(std::make_unique<raw_connection>(node.port(), "127.0.0.3"));
  for (int i = 0; i < 97; ++i)
    (void)node.refusal();

  char letter = 0;
  CHECK(recv(other.number(), &letter, 1, MSG_DONTWAIT) < 0);
  CHECK(errno == EAGAIN);
  other.say(hello_of(auth_method::user));
  std::string answer(handshake_message::bytes, '\0');
  CHECK(recv(other.number(), answer.data(), answer.size(), MSG_WAITALL) > 0);
}

TEST_CASE("of as many from each place the oldest makes room", "[link]") {
  recording_acceptor node{load_credentials({}), {.handshake = test_timeout, .handshakes_max = 3}};
  std::vector<std::unique_ptr<raw_connection>> all;
  for (const auto* from : {"127.0.0.9", "127.0.0.2", "127.0.0.3", "127.0.0.4"})
    all.push_back(std::make_unique<raw_connection>(node.port(), from));

  (void)node.refusal();

  CHECK(all.front()->receive_all().empty());
}

TEST_CASE("who comes when no descriptor is left is turned away, and named", "[link]") {
  recording_acceptor node{load_credentials({})};
  const auto to = resolve("127.0.0.1", node.port());
  REQUIRE(to.ok());
  const descriptor stranger{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  {
    const no_descriptors_left shortage;
    (void)connect(stranger.number(), to->front().get(), to->front().size);
    (void)node.waits_for_rejection();
  }
  CHECK(node.refusal() == "there are too many descriptors open");
  CHECK(dial_as({}, node).ok());
}

TEST_CASE("an acceptor that ends drops those at its door", "[link]") {
  auto node = std::make_unique<recording_acceptor>(load_credentials({}));
  raw_connection silent{node->port()};
  CHECK(dial_as({}, *node).ok()); // It has come to those before.

  node.reset();

  CHECK(silent.receive_all().empty());
}
