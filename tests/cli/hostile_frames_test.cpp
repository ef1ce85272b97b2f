// Peers that were let in, and then send what no node, worker or client sends.
//   BELFRY_SESSIONS=6238 BELFRY_SEED=7 program_tests "[hostile]"
#include "node_program.hpp"

#include "belfry/link_security.hpp"
#include "os/link/dial.hpp"
#include "os/link/link_acceptor.hpp"
#include "os/link/transport_credentials.hpp"
#include "random/prng.hpp"
#include "support/damaged_bytes.hpp"
#include "support/number_from.hpp"
#include "wire/frames/sample_frames.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

using namespace belfry;
using namespace belfry::test;

namespace {

constexpr duration patience{20'000};

/// A header of 32 bytes and nothing else: CAF 0.17.6 looks for the payload of such a handshake.
std::string empty_handshake(char operation) {
  return std::string(1, operation) + std::string(31, '\0');
}

std::shared_ptr<const transport_credentials> credentials_of(const link_security& security) {
  auto loaded = transport_credentials::load(security, std::string{});
  REQUIRE(loaded.ok());
  return std::move(*loaded);
}

link_security insecure() {
  link_security security;
  security.is_insecure = true;
  return security;
}

/// A connection to a node that has let it in.
class admitted_peer {
public:
  admitted_peer(const node_program& node,
                const std::shared_ptr<const transport_credentials>& credentials) {
    static const std::atomic<bool> never{false};
    auto link = dial({"127.0.0.1", static_cast<std::uint16_t>(std::stoi(node.port()))}, credentials,
                     patience, never);
    REQUIRE(link.ok());
    link_ = std::move(*link);
  }

  /// The identity of the node, which its greeting begins with. At most once, before all else.
  std::string node() {
    std::string received;
    while (received.size() < server_greeting(node_of('n')).size())
      REQUIRE(receive(received));
    return received.substr(frame_header::size_bytes, frame_node{}.size());
  }

  /// Sends the bytes, and waits until the node has closed the connection.
  void send_last(const std::string& bytes) {
    for (std::size_t sent = 0; sent < bytes.size();) {
      std::size_t count = 0;
      const auto progress = write_link(link_.layer, link_.socket.number(), bytes.data() + sent,
                                       bytes.size() - sent, count);
      if (progress == io_progress::closed)
        break;
      sent += count;
      if (progress == io_progress::would_block)
        wait(POLLOUT);
    }
    shutdown(link_.socket.number(), SHUT_WR);
    std::string received;
    while (receive(received))
      received.clear();
  }

private:
  void wait(short event) {
    pollfd watched{link_.socket.number(), event, 0};
    REQUIRE(poll(&watched, 1, static_cast<int>(patience.count())) == 1);
  }
  /// Appends what the node sends next; returns false at the end of the connection.
  bool receive(std::string& received) {
    for (;;) {
      std::array<char, 4096> chunk{};
      std::size_t count = 0;
      const auto progress =
          read_link(link_.layer, link_.socket.number(), chunk.data(), chunk.size(), count);
      received.append(chunk.data(), count);
      if (progress != io_progress::would_block)
        return progress == io_progress::moved;
      wait(POLLIN);
    }
  }

  peer_link link_;
};

/// All of one kind of fault: what ends CAF, and what it would take for its own.
std::vector<std::string> attacks_on_node() {
  const auto self = node_of('a');
  const auto handshakes = client_greeting(self) + selection(self);
  return {empty_handshake(1),
          empty_handshake(0),
          client_greeting(self) + empty_handshake(1),
          handshakes + empty_handshake(0),
          handshakes + empty_handshake(9),
          handshakes + selection(self),
          handshakes + server_greeting(self),
          handshakes + frame_of({3, 0, asynchronous_message, 8, 6},
                                self + node_of('b') + envelope_payload("hello", "")),
          handshakes + frame_of({2, 0, asynchronous_message, 8, 6},
                                types_of("@<>+@atom+@strong_actor_ptr") + atom_of("link") +
                                    bytes_of(6, 8) + self),
          handshakes + frame_of({2, 0, 0x3000'0000'0000'0000, 8, 6}, envelope_payload("hello", "")),
          handshakes + monitor_frame(node_of('b'), node_of('c'))};
}

/// Lets every peer in, as `belfry node --insecure` does, and attacks it.
class hostile_node {
public:
  explicit hostile_node(std::vector<std::string> attacks) : attacks_(std::move(attacks)) {
    auto opened = link_acceptor::open({"127.0.0.1", 0}, credentials_of(insecure()),
                                      {[this](peer_link link) { attack(std::move(link)); },
                                       [](const std::string&, const std::string&) {}});
    REQUIRE(opened.ok());
    acceptor_ = std::move(*opened);
  }

  [[nodiscard]] std::string port() const { return std::to_string(acceptor_->port()); }
  /// Returns whether each attack was made, perhaps after a while.
  bool has_made_all() {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, patience, [this] { return peers_.size() >= attacks_.size(); });
  }

private:
  void attack(peer_link link) {
    const std::lock_guard lock{mutex_};
    const auto& bytes = attacks_[peers_.size() % attacks_.size()];
    std::size_t count = 0;
    (void)write_link(link.layer, link.socket.number(), bytes.data(), bytes.size(), count);
    peers_.push_back(std::move(link)); // Stays open: the peer has to end the connection.
    changed_.notify_all();
  }

  const std::vector<std::string> attacks_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<peer_link> peers_;
  std::unique_ptr<link_acceptor> acceptor_; // Last: its thread uses the members above.
};

const std::vector<std::string>& attacks_on_peers() {
  static const std::vector<std::string> attacks{empty_handshake(1), empty_handshake(0),
                                                server_greeting(node_of('n')) + empty_handshake(0)};
  return attacks;
}

/// A client's command that gives the node 10 s to answer.
std::string command_at(const hostile_node& node, const std::string& arguments) {
  return program + " --request-timeout 10s --insecure --host 127.0.0.1 --port " + node.port() +
         " " + arguments;
}

} // namespace

TEST_CASE_METHOD(temporary_directory, "no bytes of a peer that was let in end a node",
                 "[hostile]") {
  REQUIRE(shell(program + " certs " + directory + "/pki").status == 0);
  link_security client_tls;
  client_tls.tls_certificate = directory + "/pki/client.pem";
  client_tls.tls_key = directory + "/pki/client.key";
  client_tls.tls_authority = directory + "/pki/ca.pem";
  const auto tls_of = [this](const std::string& name) {
    const auto stem = directory + "/pki/" + name;
    return " --tls-cert " + stem + ".pem --tls-key " + stem + ".key --tls-ca " + directory +
           "/pki/ca.pem ";
  };
  const auto seed = number_from("BELFRY_SEED", 2'026);
  const auto sessions = number_from("BELFRY_SESSIONS", 350);
  CAPTURE(seed);
  for (const bool is_tls : {false, true}) {
    const node_program node{"--data " + directory + "/data " +
                            (is_tls ? tls_of("node") : "--insecure")};
    const auto credentials = credentials_of(is_tls ? client_tls : insecure());
    for (const auto& attack : attacks_on_node())
      admitted_peer{node, credentials}.send_last(attack);
    prng chance{seed};
    const auto tls_sessions = sessions / 7; // They take longer.
    for (auto left = is_tls ? tls_sessions : sessions - tls_sessions; left > 0; --left) {
      admitted_peer peer{node, credentials};
      const auto self = node_of('a');
      const auto valid = client_greeting(self) + selection(self) + open_frames(self, peer.node());
      peer.send_last(damaged(chance, valid));
    }
    CHECK(
        node.belfry("submit exec --wait" + (is_tls ? tls_of("client") : " --insecure ") + "-- true")
            .status == 0);
  }
}

TEST_CASE("a node that breaks the protocol ends no worker", "[hostile]") {
  hostile_node node{attacks_on_peers()};
  worker_program worker{"--join 127.0.0.1:" + node.port() + " --insecure"};
  CHECK(node.has_made_all());
  const auto ended = worker.end();
  CHECK(ended.status == 0);
  CHECK(ended.contains("it breaks the protocol: message 1: server_handshake: payload_bytes is 0"));
}

TEST_CASE("a node that breaks the protocol ends no client", "[hostile]") {
  for (const auto& attack : attacks_on_peers()) {
    hostile_node node{{attack}};
    const auto outcome = shell(command_at(node, "submit exec -- true"));
    INFO(outcome.text);
    CHECK(node.has_made_all());
    CHECK(outcome.status > 0);
    CHECK(outcome.status < 128); // More: ended by a signal.
  }
}

TEST_CASE("a client logs to the standard error, and prints answers only", "[hostile]") {
  hostile_node node{{attacks_on_peers().front()}};
  const auto outcome = shell(command_at(node, "--json list") + " | sed 's/^/printed: /'");
  CHECK(outcome.contains("link.disconnected"));
  CHECK_FALSE(outcome.contains("printed: "));
}
