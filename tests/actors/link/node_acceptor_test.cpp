#include "link/node_acceptor.hpp"

#include "base/system_config.hpp"
#include "link/client_transport.hpp"
#include "link/link_connection.hpp"

#include "belfry/actors/client_actor.hpp"
#include "belfry/actors/protocol.hpp"
#include "os/link/dial.hpp"
#include "os/link/link_fixture.hpp"
#include "os/link/listening_sockets.hpp"
#include "support/actor_fixture.hpp"
#include "support/captured_log.hpp"
#include "wire/frames/sample_frames.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/io/broker.hpp>
#include <caf/io/middleman.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <future>
#include <set>
#include <thread>

using namespace belfry;
using namespace belfry::test;

namespace {

constexpr std::chrono::seconds response_timeout{30};

using flood_atom = caf::atom_constant<caf::atom("flood")>;

envelope envelope_of(const std::string& text) {
  return {{text.begin(), text.end()}, 0};
}

/// Two actor systems in this process: a node and a client. The actor that the node publishes echoes
/// envelopes; on request it floods the peer that it answered last.
class node_acceptor_fixture {
public:
  node_acceptor_fixture()
      : echo_(node_.spawn([this](caf::event_based_actor* self) { return echo(self); })) {}
  ~node_acceptor_fixture() {
    *is_cancelled_ = true;
    acceptor_.reset();
    for (const auto& actor : {echo_, transport_})
      if (actor)
        caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  }
  node_acceptor_fixture(const node_acceptor_fixture&) = delete;
  node_acceptor_fixture& operator=(const node_acceptor_fixture&) = delete;

  void open(const link_security& security, link_limits limits = {.frame_bytes_max = 1 << 20}) {
    auto opened = node_acceptor::open(node_, echo_,
                                      {{"127.0.0.1", 0},
                                       load_credentials(security),
                                       std::make_shared<manual_clock>(instant{}),
                                       limits});
    REQUIRE(opened.ok());
    acceptor_ = std::move(*opened);
  }

  /// Returns the published actor, or why there is none.
  result<caf::actor> connect(const link_security& security) {
    transport_ =
        spawn_transport(client_, {test_timeout, is_cancelled_, load_credentials(security)});
    return dial_again(acceptor_->port());
  }
  /// The same with the current transport, to any port.
  result<caf::actor> dial_again(std::uint16_t port) {
    result<caf::actor> found = failure{errc::timed_out, "no answer"};
    caf::scoped_actor self{client_};
    self->request(transport_, response_timeout, caf::connect_atom::value, std::string{"127.0.0.1"},
                  port)
        .receive([&](const caf::node_id&, const caf::strong_actor_ptr& peer,
                     const std::set<std::string>&) { found = caf::actor_cast<caf::actor>(peer); },
                 [&](const caf::error& error) { found = to_failure(error); });
    return found;
  }
  void cancel_dialling() { *is_cancelled_ = true; }
  /// A connection whose peer is let in, and sends what it likes.
  peer_link dial_raw() {
    static const std::atomic<bool> never{false};
    auto link = dial({"127.0.0.1", port()}, load_credentials({}), test_timeout, never);
    REQUIRE(link.ok());
    return std::move(*link);
  }

  /// Returns the answer; empty if the connection broke.
  std::string ask(const caf::actor& peer, const std::string& text) {
    std::string received;
    asker_->monitor(peer);
    asker_->send(peer, submit_atom::value, envelope_of(text));
    asker_->receive(
        [&](submitted_atom, const envelope& answer) {
          received.assign(answer.bytes.begin(), answer.bytes.end());
        },
        [](const caf::down_msg&) {}, caf::after(response_timeout) >> [&] { received = "nothing"; });
    asker_->demonitor(peer);
    return received;
  }

  [[nodiscard]] std::uint16_t port() const { return acceptor_->port(); }

  /// Stops the client from reading until `until` is ready; returns once it has stopped.
  void stop_reading(std::shared_future<void> until) {
    std::promise<void> stopped;
    client_.middleman().spawn_broker([&stopped, until](caf::io::broker* self) {
      self->send(self, flood_atom::value);
      return caf::behavior{[&stopped, until, self](flood_atom) {
        stopped.set_value();
        until.wait();
        self->quit();
      }};
    });
    stopped.get_future().wait();
  }
  /// Returns whether the peer that was answered last is disconnected after `megabytes`.
  [[nodiscard]] bool flood(std::size_t megabytes) {
    caf::anon_send(echo_, flood_atom::value, megabytes);
    return lost_.get_future().wait_for(response_timeout) == std::future_status::ready;
  }

private:
  caf::behavior echo(caf::event_based_actor* self) {
    self->set_down_handler([this](const caf::down_msg&) { lost_.set_value(); });
    return {[this, self](submit_atom, const envelope& text) {
              last_ = caf::actor_cast<caf::actor>(self->current_sender());
              self->send(last_, submitted_atom::value, text);
            },
            [this, self](flood_atom, std::size_t megabytes) {
              const auto peer = std::exchange(last_, nullptr);
              self->monitor(peer);
              for (std::size_t i = 0; i < megabytes; ++i)
                self->send(peer, grant_atom::value, envelope_of(std::string(1 << 20, 'x')));
            }};
  }

  system_config node_config_;
  system_config client_config_;
  caf::actor_system node_{node_config_};
  caf::actor_system client_{client_config_};
  caf::scoped_actor asker_{client_}; ///< Lives as long as the client.
  std::promise<void> lost_;
  caf::actor last_;
  caf::actor echo_;
  caf::actor transport_;
  std::shared_ptr<std::atomic<bool>> is_cancelled_ = std::make_shared<std::atomic<bool>>(false);
  std::unique_ptr<node_acceptor> acceptor_;
};

void send_bytes(const peer_link& link, const std::string& bytes) {
  std::size_t count = 0;
  REQUIRE(write_link(link.layer, link.socket.number(), bytes.data(), bytes.size(), count) ==
          io_progress::moved);
  REQUIRE(count == bytes.size());
}

/// Waits for the end of the connection; drops what the peer sends before.
void expect_end(const peer_link& link) {
  std::array<char, 4096> received{};
  pollfd watched{link.socket.number(), POLLIN, 0};
  ssize_t count = 1;
  while (count > 0) {
    REQUIRE(poll(&watched, 1, static_cast<int>(test_timeout.count())) == 1);
    count = recv(link.socket.number(), received.data(), received.size(), 0);
  }
}

/// The resident memory of this process.
std::int64_t resident_bytes() {
  std::int64_t all = 0;
  std::int64_t resident = 0;
  std::ifstream{"/proc/self/statm"} >> all >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

} // namespace

TEST_CASE_METHOD(node_acceptor_fixture, "an authenticated peer reaches the published actor",
                 "[link]") {
  for (const auto& security : {link_security{}, credentials().secret("bell")}) {
    open(security);
    const auto echo = connect(security);
    REQUIRE(echo.ok());
    CHECK(ask(*echo, "good morning") == "good morning");
  }
}

TEST_CASE_METHOD(node_acceptor_fixture, "messages of any size pass through TLS unchanged",
                 "[link]") {
  open(credentials().tls("node"));
  const auto echo = connect(credentials().tls("client"));
  REQUIRE(echo.ok());
  for (const std::size_t size : {0, 1, 16'000, 16'384, 16'385, 700'000})
    CHECK(ask(*echo, std::string(size, 'x')) == std::string(size, 'x'));
}

TEST_CASE_METHOD(node_acceptor_fixture, "a refused peer is told the reason and the address",
                 "[link]") {
  open(credentials().tls("node"));

  const auto echo = connect({});

  REQUIRE_FALSE(echo.ok());
  CHECK(echo.error() ==
        failure{errc::invalid_argument, "cannot connect to 127.0.0.1:" + std::to_string(port()) +
                                            ": it requires TLS (--tls-cert, --tls-key, --tls-ca)"});
}

TEST_CASE_METHOD(node_acceptor_fixture,
                 "a message that is too large closes only its own connection", "[link]") {
  open({}, {.frame_bytes_max = 10'000});
  const auto echo = connect({});
  REQUIRE(echo.ok());

  CHECK(ask(*echo, std::string(20'000, 'x')).empty());

  const auto again = connect({});
  REQUIRE(again.ok());
  CHECK(ask(*again, "good morning") == "good morning");
}

TEST_CASE_METHOD(node_acceptor_fixture, "a connection that announces gigabytes is closed at once",
                 "[link]") {
  open({});
  const auto link = dial_raw();
  const auto self = node_of('a');
  send_bytes(link, client_greeting(self) + selection(self) +
                       announced_message(4'000'000'000).substr(0, frame_header::size_bytes));
  expect_end(link);
  CHECK(connect({}).ok());
}

TEST_CASE_METHOD(node_acceptor_fixture, "an announced message costs no memory before it arrives",
                 "[link]") {
  open({}, {.frame_bytes_max = 256 << 20});
  const auto echo = connect({});
  REQUIRE(echo.ok());
  const auto before = resident_bytes();
  std::vector<peer_link> announcers;
  for (char letter = 'a'; letter <= 'h'; ++letter) {
    const auto self = node_of(letter);
    announcers.push_back(dial_raw());
    send_bytes(announcers.back(), client_greeting(self) + selection(self) +
                                      announced_message(255 << 20) + std::string(100, 'x'));
  }
  for (int i = 0; i < 20; ++i) // The network layer has one thread: it has read from all of them.
    CHECK(ask(*echo, "good morning") == "good morning");

  CHECK(resident_bytes() - before < 200 << 20);
}

TEST_CASE_METHOD(node_acceptor_fixture, "messages of many chunks arrive whole", "[link]") {
  open({}, {.frame_bytes_max = 64 << 20});
  const auto echo = connect({});
  REQUIRE(echo.ok());
  constexpr std::size_t chunk = 1 << 20;
  for (const auto size : {chunk - 200, chunk, chunk + 1, 2 * chunk, 5 * chunk + 77, std::size_t{3}})
    CHECK(ask(*echo, std::string(size, 'x')) == std::string(size, 'x'));
}

TEST_CASE_METHOD(node_acceptor_fixture, "slow consumers are disconnected", "[link]") {
  const captured_log log;
  open({}, {.frame_bytes_max = 2 << 20, .send_buffer_bytes_max = 4 << 20});
  const auto echo = connect({});
  REQUIRE(echo.ok());
  REQUIRE(ask(*echo, "good morning") == "good morning");
  std::promise<void> resume;
  stop_reading(resume.get_future().share());

  CHECK(flood(64));
  // A peer that sends nothing for seconds is disconnected as well.
  CHECK_THAT(log.text(), Catch::Contains("it reads too slowly"));
  resume.set_value();
  CHECK(connect({}).ok());
}

TEST_CASE_METHOD(node_acceptor_fixture, "a connection that stalls delays no other", "[link]") {
  open({});
  const auto silent = listen_at({"127.0.0.1", 0});
  REQUIRE(silent.ok());
  CHECK(connect({}).ok());
  auto stalled = failure{errc::timed_out, "no answer"};
  std::thread other{[&] { stalled = dial_again(silent->port).error(); }};
  pollfd watched{silent->sockets.front().number(), POLLIN, 0};
  REQUIRE(poll(&watched, 1, static_cast<int>(test_timeout.count())) == 1);

  const auto echo = dial_again(port());

  REQUIRE(echo.ok());
  CHECK(ask(*echo, "good morning") == "good morning");
  cancel_dialling();
  other.join();
  CHECK(stalled == failure{errc::unavailable, "it sends nothing: cancelled"});
}

TEST_CASE_METHOD(node_acceptor_fixture, "a transport with unusable credentials reports the reason",
                 "[link]") {
  open({});
  caf::actor_system_config config;
  caf::actor_system system{config};
  const auto transport =
      spawn_transport(system, {test_timeout, std::make_shared<std::atomic<bool>>(false),
                               failure{errc::invalid_argument, "tls_key: is missing"}});
  caf::scoped_actor self{system};
  self->request(transport, response_timeout, caf::connect_atom::value, std::string{"127.0.0.1"},
                port())
      .receive(
          [](const caf::node_id&) { FAIL("it connects"); },
          [](const caf::error& error) { CHECK(to_failure(error).what == "tls_key: is missing"); });
  self->send_exit(transport, caf::exit_reason::user_shutdown);
}

TEST_CASE_METHOD(node_acceptor_fixture,
                 "a peer that sends what CAF would not is disconnected, and nobody else",
                 "[link]") {
  const captured_log log;
  open({});
  const auto echo = connect({});
  REQUIRE(echo.ok());
  const auto self = node_of('a');
  const auto handshakes = client_greeting(self) + selection(self);
  for (const auto& bytes : {std::string(32, '\0'), std::string(1, '\1') + std::string(31, '\0'),
                            client_greeting(self) + std::string(1, '\1') + std::string(31, '\0'),
                            handshakes + server_greeting(self), handshakes + selection(self),
                            handshakes + frame_of({2, 0, asynchronous_message, 8, 6},
                                                  types_of("@<>+@atom+@strong_actor_ptr") +
                                                      atom_of("link") + std::string(40, '\0'))}) {
    const auto link = dial_raw();
    send_bytes(link, bytes);
    expect_end(link);
    CHECK(ask(*echo, "good morning") == "good morning");
  }
  CHECK_THAT(log.text(), Catch::Contains("reason=\"it breaks the protocol: message 1: "
                                         "client_handshake: payload_bytes is 0, expected 32\""));
}

TEST_CASE_METHOD(node_acceptor_fixture, "a flood of broken messages does not fill the disk",
                 "[link]") {
  const captured_log log;
  open({});
  for (int i = 0; i < 30; ++i) {
    const auto link = dial_raw();
    send_bytes(link, std::string(32, '\0'));
    expect_end(link);
  }
  CHECK(log.lines() == 10);
}

TEST_CASE_METHOD(node_acceptor_fixture, "a node that sends what CAF would not ends no client",
                 "[link]") {
  open({});
  REQUIRE(connect({}).ok());
  for (const auto& bytes : {std::string(32, '\0'), std::string(1, '\1') + std::string(31, '\0'),
                            client_greeting(node_of('a')), heartbeat_frame()}) {
    // Lets its peers in as a node does.
    recording_acceptor false_node{load_credentials({})};
    bool is_connected = true;
    std::thread other{[&] { is_connected = dial_again(false_node.port()).ok(); }};
    const auto link = false_node.accepted();
    send_bytes(link, bytes);
    other.join();
    CHECK_FALSE(is_connected);
  }
  CHECK(dial_again(port()).ok());
}
