#include "os/link/handshake/link_handshake.hpp"

#include "attacker.hpp"
#include "link_fixture.hpp"
#include "os/link/listening_sockets.hpp"
#include "raw_connection.hpp"
#include "support/descriptor_shortage.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <thread>
#include <utility>

using namespace belfry;
using namespace belfry::test;

namespace {

/// The outcome of a handshake: what the client and the node report about each other.
struct handshake_outcome {
  bool is_accepted = false;
  std::string client;
  std::string node;
};

handshake_outcome shake_hands(const link_security& node, const link_security& client,
                              const std::string& user = "anna") {
  recording_acceptor acceptor{load_credentials(node)};
  const auto link = dial_as(client, acceptor, user);
  if (link) {
    (void)acceptor.accepted();
    return {.is_accepted = true, .client = {}, .node = {}};
  }
  CHECK(link.error().code == errc::invalid_argument);
  return {.client = link.error().what, .node = acceptor.refusal()};
}

link_security insecure() {
  link_security security;
  security.is_insecure = true;
  return security;
}

} // namespace

TEST_CASE("peers with matching credentials accept each other", "[link]") {
  CHECK(shake_hands({}, {}).is_accepted);
  CHECK(shake_hands({}, insecure()).is_accepted);
  CHECK(shake_hands(insecure(), insecure()).is_accepted);
  CHECK(shake_hands(credentials().secret("bell"), credentials().secret("bell")).is_accepted);
  CHECK(shake_hands(credentials().tls("node"), credentials().tls("client")).is_accepted);
  CHECK(shake_hands(credentials().tls("node"), credentials().tls("tower.example.org")).is_accepted);
}

TEST_CASE("plain text is carried in records", "[link][records]") {
  for (const bool is_tls : {false, true}) {
    recording_acceptor node{load_credentials(is_tls ? credentials().tls("node") : link_security{})};
    const auto dialled = dial_as(is_tls ? credentials().tls("client") : link_security{}, node);
    REQUIRE(dialled.ok());
    CHECK((dialled->layer.records == nullptr) == is_tls);
    CHECK((node.accepted().layer.records == nullptr) == is_tls);
  }
}

TEST_CASE("a peer of an earlier version gets no records", "[link][records]") {
  recording_acceptor node{load_credentials(insecure())};
  for (const std::uint8_t knows_records : {std::uint8_t{0}, uses_records}) {
    raw_connection peer{node.port()};
    handshake_message hello;
    hello.methods = static_cast<std::uint8_t>(auth_method::none) | knows_records;
    const auto bytes = to_bytes(hello);
    peer.send_bytes({bytes.begin(), bytes.end()});
    const auto accepted = node.accepted();
    handshake_bytes answer{};
    REQUIRE(recv(peer.number(), answer.data(), answer.size(), MSG_WAITALL) ==
            static_cast<ssize_t>(answer.size()));
    CHECK(from_bytes(answer).methods == hello.methods);
    CHECK((accepted.layer.records != nullptr) == (knows_records != 0));
  }
}

TEST_CASE("another user of the machine is refused", "[link]") {
  const auto outcome = shake_hands({}, {}, "otto");

  CHECK(outcome.node == "it has another secret");
  CHECK(outcome.client == "it belongs to another user: both need the same secret (--secret-file), "
                          "or TLS");
}

TEST_CASE("another secret is refused", "[link]") {
  const auto outcome = shake_hands(credentials().secret("bell"), credentials().secret("tower"));

  CHECK(outcome.node == "it has another secret");
  CHECK(outcome.client == "it has another secret, or listens on another port than the one dialled");
}

TEST_CASE("a node that cannot read its secret is not taken for another user's", "[link]") {
  const auto broken = credentials().user_directory("broken");
  std::ofstream{broken} << "a file in the way";
  recording_acceptor node{load_credentials({}, "broken")};
  const auto refused = dial_as({}, node);

  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().what == "it cannot read its own secret; its log says why");
  CHECK(node.refusal() == "it cannot be authenticated: " + broken + ": is not a directory");

  recording_acceptor whole{load_credentials({})};
  const auto unproved = dial_as({}, whole, "broken");
  REQUIRE_FALSE(unproved.ok());
  CHECK(unproved.error().what ==
        "it requires a secret that cannot be read: " + broken + ": is not a directory");
}

TEST_CASE("a node without a descriptor for its secret says so", "[link]") {
  const auto listener = listen_at({"127.0.0.1", 0});
  REQUIRE(listener.ok());
  const raw_connection dialled{listener->port};
  REQUIRE(fcntl(dialled.number(), F_SETFL, O_NONBLOCK) == 0);
  descriptor accepted{accept4(listener->sockets.front().number(), nullptr, nullptr, SOCK_NONBLOCK)};
  const auto is_readable = [](int socket) {
    pollfd watched{socket, POLLIN, 0};
    return poll(&watched, 1, static_cast<int>(test_timeout.count())) == 1;
  };
  const auto client =
      make_client_handshake(descriptor{dup(dialled.number())}, load_credentials({}));
  const auto node = make_server_handshake(std::move(accepted), load_credentials({}));
  REQUIRE(client->advance() == handshake_state::wants_read);
  REQUIRE(is_readable(node->socket()));

  auto state = handshake_state::done;
  {
    const descriptors_left none{0};
    state = node->advance();
  }

  CHECK(state == handshake_state::failed);
  CHECK_THAT(node->reason(), Catch::StartsWith("it cannot be authenticated: ") &&
                                 Catch::EndsWith(": Too many open files"));
  REQUIRE(is_readable(client->socket()));
  CHECK(client->advance() == handshake_state::failed);
  CHECK_THAT(client->reason(), Catch::StartsWith("it has no file descriptor left to read its "
                                                 "secret with"));
}

TEST_CASE("a client that offers another method is told which one is required", "[link]") {
  auto outcome = shake_hands(credentials().tls("node"), {});
  CHECK(outcome.node == "it offers no TLS");
  CHECK(outcome.client == "it requires TLS (--tls-cert, --tls-key, --tls-ca)");
  outcome = shake_hands({}, credentials().tls("client"));
  CHECK(outcome.node == "it offers no proof of its user");
  CHECK(outcome.client == "it accepts only programs of its own user on its own machine");
  outcome = shake_hands(credentials().secret("bell"), {});
  CHECK(outcome.node == "it offers no proof of a secret");
  CHECK(outcome.client == "it requires a secret (--secret-file)");
  outcome = shake_hands(insecure(), {});
  CHECK(outcome.node == "it does not allow plain text without a proof");
  CHECK(outcome.client == "it does not authenticate itself, which has to be allowed (--insecure)");
}

TEST_CASE("a certificate of an unknown authority is refused", "[link]") {
  const auto node = credentials().tls("node");
  auto outcome = shake_hands(node, with_ca(credentials().tls("client", "foreign"), "ours"));
  CHECK(outcome.node.find("its certificate is not trusted: ") == 0);
  CHECK(outcome.client == "it refuses our certificate: unknown ca");
  outcome = shake_hands(with_ca(credentials().tls("node", "foreign"), "ours"),
                        credentials().tls("client"));
  CHECK(outcome.client.find("its certificate is not trusted: ") == 0);
  CHECK(outcome.node == "it refuses our certificate: unknown ca");
}

TEST_CASE("a certificate that has expired is refused", "[link]") {
  auto outcome = shake_hands(with_ca(credentials().tls("node"), "past"),
                             with_ca(credentials().tls("client", "past"), "ours"));
  CHECK(outcome.node == "its certificate is not trusted: certificate has expired");
  CHECK(outcome.client == "it refuses our certificate: certificate expired");
  outcome = shake_hands(with_ca(credentials().tls("node", "past"), "ours"),
                        with_ca(credentials().tls("client"), "past"));
  CHECK(outcome.client == "its certificate is not trusted: certificate has expired");
  CHECK(outcome.node == "it refuses our certificate: certificate expired");
}

TEST_CASE("a client's certificate is not accepted from a node", "[link]") {
  const auto outcome = shake_hands(credentials().tls("eve"), credentials().tls("client"));

  CHECK(outcome.client.find("its certificate is not trusted: ") == 0);
}

TEST_CASE("a name that is not in the list is refused", "[link]") {
  const auto node = credentials().tls("node");
  const auto client = credentials().tls("client");
  CHECK(shake_hands(with_allowed_names(node, {"client"}), client).is_accepted);
  CHECK(shake_hands(node, with_allowed_names(client, {"node", "other"})).is_accepted);
  CHECK(shake_hands(with_allowed_names(node, {"*.example.org"}),
                    credentials().tls("tower.example.org"))
            .is_accepted);

  auto outcome = shake_hands(with_allowed_names(node, {"client"}), credentials().tls("eve"));
  CHECK(outcome.node == "its name is not allowed: 'eve'");
  CHECK(outcome.client == "it refuses our certificate: its name is not allowed there");
  outcome = shake_hands(node, with_allowed_names(client, {"tower"}));
  CHECK(outcome.node == "it does not allow the name of our certificate");
  CHECK(outcome.client == "its name is not allowed: 'node'");
}

TEST_CASE("a peer without a certificate is refused", "[link]") {
  recording_acceptor node{load_credentials(credentials().tls("node"))};
  raw_connection peer{node.port()};
  peer.send_bytes(hello_of(auth_method::tls));
  handshake_bytes answer{};
  REQUIRE(recv(peer.number(), answer.data(), answer.size(), MSG_WAITALL) ==
          static_cast<ssize_t>(answer.size()));
  const auto bare = make_tls_context({"", "", credentials().file("ours", "ca.pem")});
  REQUIRE(bare.ok());

  const auto session = make_tls_session(*bare, peer.number(), tls_role::client);
  REQUIRE(tls_handshake(*session) == tls_outcome::done); // As far as the client knows.

  CHECK(node.refusal() == "it shows no certificate");
  char letter = 0;
  std::size_t count = 0;
  CHECK(tls_read(*session, &letter, 1, count) == tls_outcome::failed);
  CHECK(tls_error_text(*session) == "it refuses our certificate: certificate required");
}

TEST_CASE("a wrong proof is refused, and so is the node's own reflected", "[link]") {
  for (const bool is_reflected : {false, true}) {
    recording_acceptor node{load_credentials({})};
    raw_connection peer{node.port()};
    peer.send_bytes(hello_of(auth_method::user));
    handshake_bytes bytes{};
    REQUIRE(recv(peer.number(), bytes.data(), bytes.size(), MSG_WAITALL) ==
            static_cast<ssize_t>(bytes.size()));
    handshake_message message;
    if (is_reflected)
      message.proof = from_bytes(bytes).proof;
    bytes = to_bytes(message);
    peer.send_bytes({bytes.begin(), bytes.end()});

    const auto verdict = peer.receive_all();

    CHECK(node.refusal() == "it has another secret");
    REQUIRE(verdict.size() == handshake_message::size_bytes);
    CHECK(verdict[8] == static_cast<char>(handshake_verdict::secret_mismatch));
  }
}

TEST_CASE("a proof for one port is not accepted at another", "[link]") {
  // A relay forwards everything from the dialled port to the port of the node.
  const auto security = GENERATE(link_security{}, credentials().secret("bell"));
  recording_acceptor node{load_credentials(security)};
  const auto relay_socket = listen_at({"127.0.0.1", 0});
  REQUIRE(relay_socket.ok());
  std::thread relay{[&] {
    pollfd watched{relay_socket->sockets.front().number(), POLLIN, 0};
    poll(&watched, 1, static_cast<int>(test_timeout.count()));
    const descriptor client{accept(watched.fd, nullptr, nullptr)};
    raw_connection server{node.port()};
    handshake_bytes bytes{};
    for (const auto& [source, target] : {std::pair{client.number(), server.number()},
                                         {server.number(), client.number()},
                                         {client.number(), server.number()}}) {
      const auto size = recv(source, bytes.data(), bytes.size(), MSG_WAITALL);
      (void)send(target, bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)),
                 MSG_NOSIGNAL);
    }
  }};
  static const std::atomic<bool> never{false};
  const auto link =
      dial({"127.0.0.1", relay_socket->port}, load_credentials(security), test_timeout, never);
  relay.join();

  REQUIRE_FALSE(link.ok());
  CHECK(link.error().what.find("it ") == 0);
  CHECK(node.refusal() == "it has another secret");
}

TEST_CASE("TLS does not begin with a peer that has disconnected", "[link]") {
  const auto loaded = load_credentials(credentials().tls("node"));
  std::array<int, 2> ends{};
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
  const descriptor written{ends[0]};
  const descriptor read{ends[1]};
  const auto session = make_tls_session(loaded->context(), written.number(), tls_role::client);
  REQUIRE(tls_handshake(*session) == tls_outcome::wants_read);
  std::string client_hello(4'096, '\0'); // Of TLS.
  const auto size = recv(read.number(), client_hello.data(), client_hello.size(), 0);
  REQUIRE(size > 0);

  const auto listener = listen_at({"127.0.0.1", 0});
  REQUIRE(listener.ok());
  raw_connection peer{listener->port};
  peer.send_bytes(hello_of(auth_method::tls) +
                  client_hello.substr(0, static_cast<std::size_t>(size)));
  shutdown(peer.number(), SHUT_WR);
  descriptor accepted{accept4(listener->sockets.front().number(), nullptr, nullptr, SOCK_NONBLOCK)};
  pollfd watched{accepted.number(), POLLRDHUP, 0};
  REQUIRE(poll(&watched, 1, static_cast<int>(test_timeout.count())) == 1);
  auto handshake = make_server_handshake(std::move(accepted), loaded);

  CHECK(handshake->advance() == handshake_state::failed);
  CHECK(handshake->reason() == "it closed the connection");
  handshake.reset();
  CHECK(peer.receive_all().size() ==
        handshake_message::size_bytes); // The answer to its hello, and no TLS.
}

TEST_CASE("a node that ends while it is dialled is reported as a closed connection", "[link]") {
  const auto gone = listen_at({"127.0.0.1", 0});
  REQUIRE(gone.ok());
  raw_connection ours{gone->port};
  descriptor theirs{accept(gone->sockets.front().number(), nullptr, nullptr)};
  const linger at_once{1, 0};
  REQUIRE(setsockopt(theirs.number(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) == 0);
  theirs.close();
  pollfd watched{ours.number(), POLLIN, 0};
  REQUIRE(poll(&watched, 1, static_cast<int>(test_timeout.count())) == 1);

  const auto handshake =
      make_client_handshake(descriptor{dup(ours.number())}, load_credentials({}));

  CHECK(handshake->advance() == handshake_state::failed);
  CHECK(handshake->reason() == "it closed the connection");
}

TEST_CASE("a hello of another version is refused with the node's version", "[link]") {
  recording_acceptor node{load_credentials({})};
  raw_connection peer{node.port()};
  auto hello = to_bytes({});
  hello[handshake_message::version_at] = 9;
  peer.send_bytes({hello.begin(), hello.begin() + 7}); // Its length is unknown.

  const auto answer = peer.receive_all();

  CHECK(node.refusal() == "it speaks version 9 of belfry's handshake, this node version 1");
  REQUIRE(answer.size() == handshake_message::size_bytes);
  CHECK(answer.substr(0, 7) == "BELFRY\x01");
}

TEST_CASE("other protocols are refused at their first bytes, without an answer", "[link]") {
  for (const auto& security : {link_security{}, credentials().tls("node")}) {
    recording_acceptor node{load_credentials(security)};
    for (const std::string_view bytes : {"GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\x02\x01",
                                         "SSH-2.0-OpenSSH_9.2\r\n", "B", "BELFRx"}) {
      raw_connection peer{node.port()};
      peer.send_bytes(std::string{bytes});
      shutdown(peer.number(), SHUT_WR);
      CHECK(peer.receive_all().empty());
      CHECK(node.refusal() ==
            (bytes == "B" ? "it closed the connection" : "it does not speak belfry's protocol"));
    }
  }
}

TEST_CASE("a server of another protocol is not taken for a belfry node", "[link]") {
  const auto other = listen_at({"127.0.0.1", 0});
  REQUIRE(other.ok());
  std::thread server{[&] {
    pollfd watched{other->sockets.front().number(), POLLIN, 0};
    poll(&watched, 1, static_cast<int>(test_timeout.count()));
    const descriptor accepted{accept(watched.fd, nullptr, nullptr)};
    (void)send(accepted.number(), "HTTP/1.1 400 Bad Request\r\n", 26, MSG_NOSIGNAL);
  }};
  static const std::atomic<bool> never{false};
  const auto link = dial({"127.0.0.1", other->port}, load_credentials({}), test_timeout, never);
  server.join();

  REQUIRE_FALSE(link.ok());
  CHECK(link.error().what == "it does not speak belfry's protocol");
}

TEST_CASE("an answer with a method that was not offered is refused", "[link]") {
  for (const std::uint8_t methods : {0, 1, 8, 3, 255}) {
    const auto impostor = listen_at({"127.0.0.1", 0});
    REQUIRE(impostor.ok());
    std::thread server{[&] {
      pollfd watched{impostor->sockets.front().number(), POLLIN, 0};
      poll(&watched, 1, static_cast<int>(test_timeout.count()));
      const descriptor accepted{accept(watched.fd, nullptr, nullptr)};
      handshake_bytes bytes{};
      (void)recv(accepted.number(), bytes.data(), bytes.size(), MSG_WAITALL);
      handshake_message answer;
      answer.methods = methods;
      bytes = to_bytes(answer);
      (void)send(accepted.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      (void)recv(accepted.number(), bytes.data(), bytes.size(), MSG_WAITALL);
    }};
    static const std::atomic<bool> never{false};
    const auto link =
        dial({"127.0.0.1", impostor->port}, load_credentials({}), test_timeout, never);
    server.join();
    REQUIRE_FALSE(link.ok());
    CHECK(link.error().what == "it chose an authentication method that was not offered");
  }
}
