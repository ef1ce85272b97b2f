#include "os/link/link_handshake.hpp"

#include "link_fixture.hpp"
#include "os/link/listening.hpp"
#include "raw_connection.hpp"
#include "stranger.hpp"

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
  watched_acceptor acceptor{keys_of(node)};
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
  auto how = meet(node, believing(credentials().tls("client", "foreign"), "ours"));
  CHECK(how.node.find("its certificate is not believed: ") == 0);
  CHECK(how.dialler == "it refuses our certificate: unknown ca");
  how = meet(believing(credentials().tls("node", "foreign"), "ours"), credentials().tls("client"));
  CHECK(how.dialler.find("its certificate is not believed: ") == 0);
  CHECK(how.node == "it refuses our certificate: unknown ca");
}

TEST_CASE("a certificate that has expired is refused", "[link]") {
  auto how = meet(believing(credentials().tls("node"), "past"),
                  believing(credentials().tls("client", "past"), "ours"));
  CHECK(how.node == "its certificate is not believed: certificate has expired");
  CHECK(how.dialler == "it refuses our certificate: certificate expired");
  how = meet(believing(credentials().tls("node", "past"), "ours"),
             believing(credentials().tls("client"), "past"));
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
  CHECK(meet(allowing(node, {"client"}), client).is_welcome);
  CHECK(meet(node, allowing(client, {"node", "other"})).is_welcome);
  CHECK(meet(allowing(node, {"*.example.org"}), credentials().tls("tower.example.org")).is_welcome);

  auto how = meet(allowing(node, {"client"}), credentials().tls("eve"));
  CHECK(how.node == "its name is not allowed: 'eve'");
  CHECK(how.dialler == "it refuses our certificate: its name is not allowed there");
  how = meet(node, allowing(client, {"tower"}));
  CHECK(how.node == "it does not allow the name of our certificate");
  CHECK(how.dialler == "its name is not allowed: 'node'");
}

TEST_CASE("who shows no certificate is refused", "[link]") {
  watched_acceptor node{keys_of(credentials().tls("node"))};
  raw_connection stranger{node.port()};
  stranger.say(hello_of(link_kind::tls));
  link_bytes answer{};
  REQUIRE(recv(stranger.number(), answer.data(), answer.size(), MSG_WAITALL) ==
          static_cast<ssize_t>(answer.size()));
  const auto bare = make_tls_context({"", "", credentials().file("ours", "ca.pem")});
  REQUIRE(bare.ok());

  const auto session = begin_tls(*bare, stranger.number(), tls_side::dials);
  REQUIRE(shake_hands(*session) == tls_outcome::done); // As far as it knows.

  CHECK(node.refusal() == "it shows no certificate");
  char letter = 0;
  std::size_t count = 0;
  CHECK(tls_read(*session, &letter, 1, count) == tls_outcome::failed);
  CHECK(tls_trouble(*session) == "it refuses our certificate: certificate required");
}

TEST_CASE("a wrong proof is refused, and so is the node's own", "[link]") {
  for (const bool is_reflected : {false, true}) {
    watched_acceptor node{keys_of({})};
    raw_connection stranger{node.port()};
    stranger.say(hello_of(link_kind::user));
    link_bytes bytes{};
    REQUIRE(recv(stranger.number(), bytes.data(), bytes.size(), MSG_WAITALL) ==
            static_cast<ssize_t>(bytes.size()));
    link_word word;
    if (is_reflected)
      word.proof = from_bytes(bytes).proof;
    bytes = to_bytes(word);
    stranger.say({bytes.begin(), bytes.end()});

    const auto verdict = stranger.hear_all();

    CHECK(node.refusal() == "it has another secret");
    REQUIRE(verdict.size() == link_word::bytes);
    CHECK(verdict[8] == static_cast<char>(link_verdict::other_secret));
  }
}

TEST_CASE("a proof for one port does not open another", "[link]") {
  // Somebody in between passes all on from the port that was dialled to that of the node.
  const auto security = GENERATE(link_security{}, credentials().secret("bell"));
  watched_acceptor node{keys_of(security)};
  const auto between = listen_at({"127.0.0.1", 0});
  REQUIRE(between.ok());
  std::thread relay{[&] {
    pollfd watched{between->sockets.front().number(), POLLIN, 0};
    poll(&watched, 1, static_cast<int>(long_enough.count()));
    const descriptor from{accept(watched.fd, nullptr, nullptr)};
    raw_connection to{node.port()};
    link_bytes bytes{};
    for (const auto& [source, target] : {std::pair{from.number(), to.number()},
                                         {to.number(), from.number()},
                                         {from.number(), to.number()}}) {
      const auto size = recv(source, bytes.data(), bytes.size(), MSG_WAITALL);
      (void)send(target, bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)),
                 MSG_NOSIGNAL);
    }
  }};
  static const std::atomic<bool> never{false};
  const auto link = dial({"127.0.0.1", between->port}, keys_of(security), long_enough, never);
  relay.join();

  REQUIRE_FALSE(link.ok());
  CHECK(link.error().what.find("it ") == 0);
  CHECK(node.refusal() == "it has another secret");
}

TEST_CASE("TLS does not begin with who has hung up", "[link]") {
  const auto keys = keys_of(credentials().tls("node"));
  std::array<int, 2> ends{};
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
  const descriptor written{ends[0]};
  const descriptor read{ends[1]};
  const auto session = begin_tls(keys->context(), written.number(), tls_side::dials);
  REQUIRE(shake_hands(*session) == tls_outcome::wants_read);
  std::string first_words(4'096, '\0'); // Of TLS.
  const auto size = recv(read.number(), first_words.data(), first_words.size(), 0);
  REQUIRE(size > 0);

  const auto door = listen_at({"127.0.0.1", 0});
  REQUIRE(door.ok());
  raw_connection stranger{door->port};
  stranger.say(hello_of(link_kind::tls) + first_words.substr(0, static_cast<std::size_t>(size)));
  shutdown(stranger.number(), SHUT_WR);
  descriptor accepted{accept4(door->sockets.front().number(), nullptr, nullptr, SOCK_NONBLOCK)};
  pollfd watched{accepted.number(), POLLRDHUP, 0};
  REQUIRE(poll(&watched, 1, static_cast<int>(long_enough.count())) == 1);
  auto handshake = accept_link(std::move(accepted), keys);

  CHECK(handshake->advance() == handshake_state::failed);
  CHECK(handshake->why() == "it closed the connection");
  handshake.reset();
  CHECK(stranger.hear_all().size() == link_word::bytes); // The answer to its hello, and no TLS.
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
  REQUIRE(poll(&watched, 1, static_cast<int>(long_enough.count())) == 1);

  const auto handshake = begin_link(descriptor{dup(ours.number())}, keys_of({}));

  CHECK(handshake->advance() == handshake_state::failed);
  CHECK(handshake->why() == "it closed the connection");
}

TEST_CASE("a greeting of another version is told so", "[link]") {
  watched_acceptor node{keys_of({})};
  raw_connection stranger{node.port()};
  auto hello = to_bytes({});
  hello[link_word::version_at] = 9;
  stranger.say({hello.begin(), hello.begin() + 7}); // Who knows how long it is.

  const auto heard = stranger.hear_all();

  CHECK(node.refusal() == "it speaks version 9 of belfry's greeting, this node version 1");
  REQUIRE(heard.size() == link_word::bytes);
  CHECK(heard.substr(0, 7) == "BELFRY\x01");
}

TEST_CASE("other protocols are refused at their first bytes, and hear nothing", "[link]") {
  for (const auto& security : {link_security{}, credentials().tls("node")}) {
    watched_acceptor node{keys_of(security)};
    for (const std::string_view word : {"GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\x02\x01",
                                        "SSH-2.0-OpenSSH_9.2\r\n", "B", "BELFRx"}) {
      raw_connection stranger{node.port()};
      stranger.say(std::string{word});
      shutdown(stranger.number(), SHUT_WR);
      CHECK(stranger.hear_all().empty());
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
    poll(&watched, 1, static_cast<int>(long_enough.count()));
    const descriptor one{accept(watched.fd, nullptr, nullptr)};
    (void)send(one.number(), "HTTP/1.1 400 Bad Request\r\n", 26, MSG_NOSIGNAL);
  }};
  static const std::atomic<bool> never{false};
  const auto link = dial({"127.0.0.1", other->port}, keys_of({}), long_enough, never);
  server.join();

  REQUIRE_FALSE(link.ok());
  CHECK(link.error().what == "it does not speak belfry's language");
}

TEST_CASE("an answer that was not offered is refused", "[link]") {
  for (const std::uint8_t kinds : {0, 1, 8, 3, 255}) {
    const auto impostor = listen_at({"127.0.0.1", 0});
    REQUIRE(impostor.ok());
    std::thread server{[&] {
      pollfd watched{impostor->sockets.front().number(), POLLIN, 0};
      poll(&watched, 1, static_cast<int>(long_enough.count()));
      const descriptor one{accept(watched.fd, nullptr, nullptr)};
      link_bytes bytes{};
      (void)recv(one.number(), bytes.data(), bytes.size(), MSG_WAITALL);
      link_word answer;
      answer.kinds = kinds;
      bytes = to_bytes(answer);
      (void)send(one.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      (void)recv(one.number(), bytes.data(), bytes.size(), MSG_WAITALL);
    }};
    static const std::atomic<bool> never{false};
    const auto link = dial({"127.0.0.1", impostor->port}, keys_of({}), long_enough, never);
    server.join();
    REQUIRE_FALSE(link.ok());
    CHECK(link.error().what == "it answers what was not offered");
  }
}
