#include "os/link/link_acceptor.hpp"

#include "attacker.hpp"
#include "link_fixture.hpp"
#include "os/link/listening_sockets.hpp"
#include "raw_connection.hpp"
#include "support/own_loopback.hpp"

#include <memory>
#include <vector>

using namespace belfry;
using namespace belfry::test;

namespace {

std::string open_error(const node_address& address, const link_security& security) {
  const auto opened =
      link_acceptor::open(address, load_credentials(security),
                          {[](const peer_link&) {}, [](const std::string&, const std::string&) {}});
  return opened ? "" : opened.error().what;
}

/// While this lives, this process gets no descriptor. Make no checks meanwhile: one might need a
/// descriptor.
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

TEST_CASE("a node listens beyond its machine in plain text only if that is allowed", "[link]") {
  for (const auto* host : {"0.0.0.0", "*"}) {
    CHECK(open_error({host, 0}, {}).find("bind: is " + std::string{host} + ", which other") == 0);
    CHECK(open_error({host, 0}, credentials().secret("bell")).find("bind: is ") == 0);
    CHECK(open_error({host, 0}, credentials().tls("node")).empty());
    link_security insecure;
    insecure.is_insecure = true;
    CHECK(open_error({host, 0}, insecure).empty());
  }
  CHECK(open_error({"localhost", 0}, {}).empty());
}

TEST_CASE("an acceptor on every address is reachable over IPv4 and IPv6", "[link]") {
  const auto loaded = load_credentials(credentials().tls("node"));
  const auto opened = link_acceptor::open(
      {"*", 0}, loaded, {[](const peer_link&) {}, [](const std::string&, const std::string&) {}});
  REQUIRE(opened.ok());
  static const std::atomic<bool> never{false};
  for (const auto* host : {"127.0.0.1", "::1"})
    if (listen_at({host, 0})) // Not every machine supports IPv6.
      CHECK(dial({host, (*opened)->port()}, loaded, test_timeout, never).ok());
}

TEST_CASE("peers of one user connect on every loopback address", "[link]") {
  const auto loaded = load_credentials({});
  const auto opened =
      link_acceptor::open({own_loopback(), 0}, loaded,
                          {[](const peer_link&) {}, [](const std::string&, const std::string&) {}});
  REQUIRE(opened.ok());
  static const std::atomic<bool> never{false};
  CHECK(dial({own_loopback(), (*opened)->port()}, loaded, test_timeout, never).ok());
}

TEST_CASE("a second acceptor on the same port is refused", "[link]") {
  const recording_acceptor first{load_credentials({})};

  CHECK(open_error(first.address(), {}) == "Address already in use");
}

TEST_CASE("a peer that does not authenticate in time is dropped", "[link]") {
  recording_acceptor node{load_credentials({}), {.handshake_timeout = duration{300}}};
  raw_connection silent{node.port()};
  CHECK(silent.receive_all().empty());
  CHECK(node.refusal() == "it sends nothing within 300 ms");

  raw_connection half{node.port()};
  half.send_bytes("BEL");
  CHECK(half.receive_all().empty());
  CHECK(node.refusal() == "it sends no complete message within 300 ms");

  raw_connection unproved{node.port()};
  unproved.send_bytes(hello_of(auth_method::user));
  CHECK(unproved.receive_all().size() == handshake_message::size_bytes);
  CHECK(node.refusal() == "it sends nothing within 300 ms");
}

TEST_CASE("a TLS handshake that stalls is dropped", "[link]") {
  recording_acceptor node{load_credentials(credentials().tls("node")),
                          {.handshake_timeout = duration{300}}};
  raw_connection half{node.port()};
  half.send_bytes(hello_of(auth_method::tls));

  CHECK(half.receive_all().size() == handshake_message::size_bytes);
  CHECK(node.refusal() == "it does not continue the TLS handshake within 300 ms");
}

TEST_CASE("an unauthenticated peer is dropped when too many connect", "[link]") {
  recording_acceptor node{load_credentials({}),
                          {.handshake_timeout = test_timeout, .handshakes_max = 4}};
  std::vector<std::unique_ptr<raw_connection>> peers;
  for (int i = 0; i < 5; ++i)
    peers.push_back(std::make_unique<raw_connection>(node.port()));

  CHECK(node.refusal() == "too many peers connect that are not authenticated yet");
  CHECK(peers.front()->receive_all().empty());
  CHECK(dial_as({}, node).ok());
}

TEST_CASE("a peer that has sent a valid hello is dropped last", "[link]") {
  recording_acceptor node{load_credentials({}),
                          {.handshake_timeout = test_timeout, .handshakes_max = 4}};
  raw_connection first{node.port()};
  first.send_bytes(hello_of(auth_method::user));
  std::string answer(handshake_message::size_bytes, '\0');
  REQUIRE(recv(first.number(), answer.data(), answer.size(), MSG_WAITALL) > 0);
  std::vector<std::unique_ptr<raw_connection>> peers;
  for (int i = 0; i < 20; ++i)
    peers.push_back(std::make_unique<raw_connection>(node.port()));
  for (int i = 0; i < 17; ++i)
    (void)node.refusal();

  char letter = 0;
  CHECK(recv(first.number(), &letter, 1, MSG_DONTWAIT) < 0);
  CHECK(errno == EAGAIN); // Neither closed nor answered.
}

TEST_CASE("a peer that has just connected is not dropped for the next one", "[link]") {
  recording_acceptor node{load_credentials({}),
                          {.handshake_timeout = test_timeout, .handshakes_max = 4}};
  std::vector<std::unique_ptr<raw_connection>> greeted;
  for (int i = 0; i < 3; ++i) {
    greeted.push_back(std::make_unique<raw_connection>(node.port()));
    greeted.back()->send_bytes(hello_of(auth_method::user));
    std::string answer(handshake_message::size_bytes, '\0');
    REQUIRE(recv(greeted.back()->number(), answer.data(), answer.size(), MSG_WAITALL) > 0);
  }
  raw_connection fresh{node.port()};
  const raw_connection next{node.port()};

  (void)node.refusal();

  CHECK(greeted.front()->receive_all().empty());
  char letter = 0;
  CHECK(recv(fresh.number(), &letter, 1, MSG_DONTWAIT) < 0);
  CHECK(errno == EAGAIN);
}

TEST_CASE("a hundred connections from one address do not keep another address out", "[link]") {
  recording_acceptor node{load_credentials({}),
                          {.handshake_timeout = test_timeout, .handshakes_max = 4}};
  raw_connection other{node.port(), "127.0.0.2"};
  std::vector<std::unique_ptr<raw_connection>> flood;
  for (int i = 0; i < 100; ++i)
    flood.push_back(std::make_unique<raw_connection>(node.port(), "127.0.0.3"));
  for (int i = 0; i < 97; ++i)
    (void)node.refusal();

  char letter = 0;
  CHECK(recv(other.number(), &letter, 1, MSG_DONTWAIT) < 0);
  CHECK(errno == EAGAIN);
  other.send_bytes(hello_of(auth_method::user));
  std::string answer(handshake_message::size_bytes, '\0');
  CHECK(recv(other.number(), answer.data(), answer.size(), MSG_WAITALL) > 0);
}

TEST_CASE("the oldest is dropped when all addresses have as many connections", "[link]") {
  recording_acceptor node{load_credentials({}),
                          {.handshake_timeout = test_timeout, .handshakes_max = 3}};
  std::vector<std::unique_ptr<raw_connection>> all;
  for (const auto* host : {"127.0.0.9", "127.0.0.2", "127.0.0.3", "127.0.0.4"})
    all.push_back(std::make_unique<raw_connection>(node.port(), host));

  (void)node.refusal();

  CHECK(all.front()->receive_all().empty());
}

TEST_CASE("a peer that connects when no descriptor is left is refused and reported", "[link]") {
  recording_acceptor node{load_credentials({})};
  const auto address = resolve("127.0.0.1", node.port());
  REQUIRE(address.ok());
  const descriptor peer{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  {
    const no_descriptors_left shortage;
    (void)connect(peer.number(), address->front().get(), address->front().size);
    (void)node.waits_for_rejection();
  }
  CHECK(node.refusal() == "there are too many descriptors open");
  CHECK(dial_as({}, node).ok());
}

TEST_CASE("an acceptor that ends drops its handshakes", "[link]") {
  auto node = std::make_unique<recording_acceptor>(load_credentials({}));
  raw_connection silent{node->port()};
  CHECK(dial_as({}, *node).ok()); // The acceptor has handled the earlier connection, too.

  node.reset();

  CHECK(silent.receive_all().empty());
}
