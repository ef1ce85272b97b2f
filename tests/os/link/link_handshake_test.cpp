#include "os/link/link_handshake.hpp"

#include "attacker.hpp"
#include "link_fixture.hpp"
#include "os/link/listening_sockets.hpp"
#include "raw_connection.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <thread>
#include <utility>

using namespace belfry;
using namespace belfry::test;

namespace {

/// How a dialler and a node fare with each other: what each says of the other.
struct meeting {
  bool is_welcome = false;
  std::string dialler;
  std::string node;
};

meeting meet(const link_security& node, const link_security& dialler,
             const std::string& user = "anna") {
  recording_acceptor acceptor{load_credentials(node)};
  const auto link = dial_as(dialler, acceptor, user);
  if (link) {
    (void)acceptor.accepted();
    return {true, {}, {}};
  }
  CHECK(link.error().code == errc::invalid_argument);
  return {false, link.error().what, acceptor.refusal()};
}

link_security open_to_all() {
  link_security with;
  with.is_insecure = true;
  return with;
}

} // namespace

TEST_CASE("both ends of one kind and one mind are welcome", "[link]") {
  CHECK(meet({}, {}).is_welcome);
  CHECK(meet({}, open_to_all()).is_welcome);
  CHECK(meet(open_to_all(), open_to_all()).is_welcome);
  CHECK(meet(credentials().secret("bell"), credentials().secret("bell")).is_welcome);
  CHECK(meet(credentials().tls("node"), credentials().tls("client")).is_welcome);
  CHECK(meet(credentials().tls("node"), credentials().tls("tower.example.org")).is_welcome);
}

TEST_CASE("another user of the machine is refused", "[link]") {
  const auto how = meet({}, {}, "otto");

  CHECK(how.node == "it has another secret");
  CHECK(how.dialler == "it belongs to another user: both need the same secret (--secret-file), "
                       "or TLS");
}

TEST_CASE("another secret is refused", "[link]") {
  const auto how = meet(credentials().secret("bell"), credentials().secret("tower"));

  CHECK(how.node == "it has another secret");
  CHECK(how.dialler ==
        "it has another secret, or is behind another port than the one that was dialled");
}

TEST_CASE("who offers another kind of proof is told which is required", "[link]") {
  auto how = meet(credentials().tls("node"), {});
  CHECK(how.node == "it offers no TLS");
  CHECK(how.dialler == "it requires TLS (--tls-cert, --tls-key, --tls-ca)");
  how = meet({}, credentials().tls("client"));
  CHECK(how.node == "it offers no proof of its user");
  CHECK(how.dialler == "it talks to programs of its own user on its own machine alone");
  how = meet(credentials().secret("bell"), {});
  CHECK(how.node == "it offers no proof of a secret");
  CHECK(how.dialler == "it requires a secret (--secret-file)");
  how = meet(open_to_all(), {});
  CHECK(how.node == "it does not allow plain text without a proof");
  CHECK(how.dialler == "it does not prove who it is, which has to be allowed (--insecure)");
}

TEST_CASE("a certificate of another authority is refused by whoever does not know it", "[link]") {
  const auto node = credentials().tls("node");
  auto how = meet(node, with_ca(credentials().tls("client", "foreign"), "ours"));
  CHECK(how.node.find("its certificate is not believed: ") == 0);
  CHECK(how.dialler == "it refuses our certificate: unknown ca");
  how = meet(with_ca(credentials().tls("node", "foreign"), "ours"), credentials().tls("client"));
  CHECK(how.dialler.find("its certificate is not believed: ") == 0);
  CHECK(how.node == "it refuses our certificate: unknown ca");
}

TEST_CASE("a certificate that has expired is refused", "[link]") {
  auto how = meet(with_ca(credentials().tls("node"), "past"),
                  with_ca(credentials().tls("client", "past"), "ours"));
  CHECK(how.node == "its certificate is not believed: certificate has expired");
  CHECK(how.dialler == "it refuses our certificate: certificate expired");
  how = meet(with_ca(credentials().tls("node", "past"), "ours"),
             with_ca(credentials().tls("client"), "past"));
  CHECK(how.dialler == "its certificate is not believed: certificate has expired");
  CHECK(how.node == "it refuses our certificate: certificate expired");
}

TEST_CASE("a client's certificate does not make a node", "[link]") {
  const auto how = meet(credentials().tls("eve"), credentials().tls("client"));

  CHECK(how.dialler.find("its certificate is not believed: ") == 0);
}

TEST_CASE("a name that is not in the list is refused", "[link]") {
  const auto node = credentials().tls("node");
  const auto client = credentials().tls("client");
  CHECK(meet(with_allowed_names(node, {"client"}), client).is_welcome);
  CHECK(meet(node, with_allowed_names(client, {"node", "other"})).is_welcome);
  CHECK(meet(with_allowed_names(node, {"*.example.org"}), credentials().tls("tower.example.org"))
            .is_welcome);

  auto how = meet(with_allowed_names(node, {"client"}), credentials().tls("eve"));
  CHECK(how.node == "its name is not allowed: 'eve'");
  CHECK(how.dialler == "it refuses our certificate: its name is not allowed there");
  how = meet(node, with_allowed_names(client, {"tower"}));
  CHECK(how.node == "it does not allow the name of our certificate");
  CHECK(how.dialler == "its name is not allowed: 'node'");
}

TEST_CASE("who shows no certificate is refused", "[link]") {
  recording_acceptor node{load_credentials(credentials().tls("node"))};
  raw_connection stranger{node.port()};
  stranger.say(hello_of(auth_method::tls));
  handshake_bytes answer{};
  REQUIRE(recv(stranger.number(), answer.data(), answer.size(), MSG_WAITALL) ==
          static_cast<ssize_t>(answer.size()));
  const auto bare = make_tls_context({"", "", credentials().file("ours", "ca.pem")});
  REQUIRE(bare.ok());

  const auto session = make_tls_session(*bare, stranger.number(), tls_role::client);
  REQUIRE(tls_handshake(*session) == tls_outcome::done); // As far as it knows.

  CHECK(node.refusal() == "it shows no certificate");
  char letter = 0;
  std::size_t count = 0;
  CHECK(tls_read(*session, &letter, 1, count) == tls_outcome::failed);
  CHECK(tls_error_text(*session) == "it refuses our certificate: certificate required");
}

TEST_CASE("a wrong proof is refused, and so is the node's own", "[link]") {
  for (const bool is_reflected : {false, true}) {
    recording_acceptor node{load_credentials({})};
    raw_connection stranger{node.port()};
    stranger.say(hello_of(auth_method::user));
    handshake_bytes bytes{};
    REQUIRE(recv(stranger.number(), bytes.data(), bytes.size(), MSG_WAITALL) ==
            static_cast<ssize_t>(bytes.size()));
    handshake_message word;
    if (is_reflected)
      word.proof = from_bytes(bytes).proof;
    bytes = to_bytes(word);
    stranger.say({bytes.begin(), bytes.end()});

    const auto verdict = stranger.receive_all();

    CHECK(node.refusal() == "it has another secret");
    REQUIRE(verdict.size() == handshake_message::bytes);
    CHECK(verdict[8] == static_cast<char>(handshake_verdict::secret_mismatch));
  }
}

TEST_CASE("a proof for one port does not open another", "[link]") {
  // Somebody in between passes all on from the port that was dialled to that of the node.
  const auto security = GENERATE(link_security{}, credentials().secret("bell"));
  recording_acceptor node{load_credentials(security)};
  const auto between = listen_at({"127.0.0.1", 0});
  REQUIRE(between.ok());
  std::thread relay{[&] {
    pollfd watched{between->sockets.front().number(), POLLIN, 0};
    poll(&watched, 1, static_cast<int>(test_timeout.count()));
    const descriptor from{accept(watched.fd, nullptr, nullptr)};
    raw_connection to{node.port()};
    handshake_bytes bytes{};
    for (const auto& [source, target] : {std::pair{from.number(), to.number()},
                                         {to.number(), from.number()},
                                         {from.number(), to.number()}}) {
      const auto size = recv(source, bytes.data(), bytes.size(), MSG_WAITALL);
      (void)send(target, bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)),
                 MSG_NOSIGNAL);
    }
  }};
  static const std::atomic<bool> never{false};
  const auto link =
      dial({"127.0.0.1", between->port}, load_credentials(security), test_timeout, never);
  relay.join();

  REQUIRE_FALSE(link.ok());
  CHECK(link.error().what.find("it ") == 0);
  CHECK(node.refusal() == "it has another secret");
}

TEST_CASE("TLS does not begin with who has hung up", "[link]") {
  const auto keys = load_credentials(credentials().tls("node"));
  std::array<int, 2> ends{};
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
  const descriptor written{ends[0]};
  const descriptor read{ends[1]};
  const auto session = make_tls_session(keys->context(), written.number(), tls_role::client);
  REQUIRE(tls_handshake(*session) == tls_outcome::wants_read);
  std::string first_words(4'096, '\0'); // Of TLS.
  const auto size = recv(read.number(), first_words.data(), first_words.size(), 0);
  REQUIRE(size > 0);

  const auto door = listen_at({"127.0.0.1", 0});
  REQUIRE(door.ok());
  raw_connection stranger{door->port};
  stranger.say(hello_of(auth_method::tls) + first_words.substr(0, static_cast<std::size_t>(size)));
  shutdown(stranger.number(), SHUT_WR);
  descriptor accepted{accept4(door->sockets.front().number(), nullptr, nullptr, SOCK_NONBLOCK)};
  pollfd watched{accepted.number(), POLLRDHUP, 0};
  REQUIRE(poll(&watched, 1, static_cast<int>(test_timeout.count())) == 1);
  auto handshake = make_server_handshake(std::move(accepted), keys);

  CHECK(handshake->advance() == handshake_state::failed);
  CHECK(handshake->why() == "it closed the connection");
  handshake.reset();
  CHECK(stranger.receive_all().size() ==
        handshake_message::bytes); // The answer to its hello, and no TLS.
}

TEST_CASE("a node that ends the moment it is dialled is no fault of ours", "[link]") {
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
  CHECK(handshake->why() == "it closed the connection");
}

TEST_CASE("a greeting of another version is told so", "[link]") {
  recording_acceptor node{load_credentials({})};
  raw_connection stranger{node.port()};
  auto hello = to_bytes({});
  hello[handshake_message::version_at] = 9;
  stranger.say({hello.begin(), hello.begin() + 7}); // Who knows how long it is.

  const auto heard = stranger.receive_all();

  CHECK(node.refusal() == "it speaks version 9 of belfry's greeting, this node version 1");
  REQUIRE(heard.size() == handshake_message::bytes);
  CHECK(heard.substr(0, 7) == "BELFRY\x01");
}

TEST_CASE("other protocols are refused at their first bytes, and hear nothing", "[link]") {
  for (const auto& security : {link_security{}, credentials().tls("node")}) {
    recording_acceptor node{load_credentials(security)};
    for (const std::string_view word : {"GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\x02\x01",
                                        "SSH-2.0-OpenSSH_9.2\r\n", "B", "BELFRx"}) {
      raw_connection stranger{node.port()};
      stranger.say(std::string{word});
      shutdown(stranger.number(), SHUT_WR);
      CHECK(stranger.receive_all().empty());
      CHECK(node.refusal() ==
            (word == "B" ? "it closed the connection" : "it does not speak belfry's language"));
    }
  }
}

TEST_CASE("what answers in another language is no belfry node", "[link]") {
  const auto other = listen_at({"127.0.0.1", 0});
  REQUIRE(other.ok());
  std::thread server{[&] {
    pollfd watched{other->sockets.front().number(), POLLIN, 0};
    poll(&watched, 1, static_cast<int>(test_timeout.count()));
    const descriptor one{accept(watched.fd, nullptr, nullptr)};
    (void)send(one.number(), "HTTP/1.1 400 Bad Request\r\n", 26, MSG_NOSIGNAL);
  }};
  static const std::atomic<bool> never{false};
  const auto link = dial({"127.0.0.1", other->port}, load_credentials({}), test_timeout, never);
  server.join();

  REQUIRE_FALSE(link.ok());
  CHECK(link.error().what == "it does not speak belfry's language");
}

TEST_CASE("an answer that was not offered is refused", "[link]") {
  for (const std::uint8_t methods : {0, 1, 8, 3, 255}) {
    const auto impostor = listen_at({"127.0.0.1", 0});
    REQUIRE(impostor.ok());
    std::thread server{[&] {
      pollfd watched{impostor->sockets.front().number(), POLLIN, 0};
      poll(&watched, 1, static_cast<int>(test_timeout.count()));
      const descriptor one{accept(watched.fd, nullptr, nullptr)};
      handshake_bytes bytes{};
      (void)recv(one.number(), bytes.data(), bytes.size(), MSG_WAITALL);
      handshake_message answer;
      answer.methods = methods;
      bytes = to_bytes(answer);
      (void)send(one.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      (void)recv(one.number(), bytes.data(), bytes.size(), MSG_WAITALL);
    }};
    static const std::atomic<bool> never{false};
    const auto link =
        dial({"127.0.0.1", impostor->port}, load_credentials({}), test_timeout, never);
    server.join();
    REQUIRE_FALSE(link.ok());
    CHECK(link.error().what == "it answers what was not offered");
  }
}
