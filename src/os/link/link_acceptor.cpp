#include "os/link/link_acceptor.hpp"

#include "os/link/link_handshake.hpp"
#include "os/link/listening_sockets.hpp"
#include "os/link/socket_address.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <map>
#include <thread>
#include <utility>
#include <vector>

namespace belfry {

namespace {

using steady = std::chrono::steady_clock;

/// Handshakes under way get their turn between so many new connections.
constexpr int accepts_max = 32;
/// After a connection that could not be taken for want of memory.
constexpr std::chrono::milliseconds rest{10};
/// What an event is about: the wake-up, a listening socket (by its descriptor), or a connection.
constexpr std::uint64_t wake_key = 0;
constexpr std::uint64_t first_connection_key = std::uint64_t{1} << 32;

descriptor open_spare() {
  return descriptor{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
}

} // namespace

class link_acceptor::loop {
public:
  loop(listening_sockets at, std::shared_ptr<const transport_credentials> credentials,
       callbacks notify, acceptor_limits limits)
      : sockets_(std::move(at)), credentials_(std::move(credentials)), notify_(std::move(notify)),
        limits_(limits), epoll_(epoll_create1(EPOLL_CLOEXEC)),
        wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), reserve_descriptor_(open_spare()) {}

  ~loop() {
    if (!thread_.joinable())
      return;
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = write(wake_.number(), &one, sizeof one);
    thread_.join();
  }

  loop(const loop&) = delete;
  loop& operator=(const loop&) = delete;

  [[nodiscard]] bool start() {
    if (!epoll_.is_open() || !wake_.is_open())
      return false;
    bool is_watched = watch(wake_.number(), wake_key, EPOLLIN, EPOLL_CTL_ADD);
    for (const auto& one : sockets_.sockets)
      is_watched = is_watched && watch(one.number(), static_cast<std::uint64_t>(one.number()),
                                       EPOLLIN, EPOLL_CTL_ADD);
    if (is_watched)
      thread_ = std::thread{[this] { run(); }};
    return is_watched;
  }

  [[nodiscard]] std::uint16_t port() const { return sockets_.port; }

private:
  struct connection {
    std::unique_ptr<link_handshake> handshake;
    steady::time_point end;
    std::string network; ///< where it comes from
    std::uint32_t watched = EPOLLIN;
  };
  using table = std::map<std::uint64_t, connection>; // By key: the oldest first.

  void run() {
    std::array<epoll_event, 128> events{};
    for (;;) {
      const auto count =
          epoll_wait(epoll_.number(), events.data(), events.size(), poll_timeout_ms());
      const auto end = events.begin() + std::max(count, 0);
      if (std::any_of(events.begin(), end,
                      [](const epoll_event& one) { return one.data.u64 == wake_key; }))
        return;
      // Those who are here already first.
      for (auto one = events.begin(); one != end; ++one)
        if (one->data.u64 >= first_connection_key)
          advance(one->data.u64);
      drop_expired();
      for (auto one = events.begin(); one != end; ++one)
        if (one->data.u64 < first_connection_key)
          accept_some(static_cast<int>(one->data.u64));
    }
  }

  /// Until the oldest connection is late. Rounded up, since waiting for too short means spinning.
  [[nodiscard]] int poll_timeout_ms() const {
    if (connections_.empty())
      return -1;
    const auto left = std::chrono::ceil<duration>(connections_.begin()->second.end - steady::now());
    return static_cast<int>(std::max<duration::rep>(left.count(), 0));
  }

  void advance(std::uint64_t key) {
    const auto found = connections_.find(key);
    if (found == connections_.end())
      return; // Dropped since the event came.
    auto& one = found->second;
    switch (one.handshake->advance()) {
    case handshake_state::wants_read:
      return change_watch(key, one, EPOLLIN);
    case handshake_state::wants_write:
      return change_watch(key, one, EPOLLOUT);
    case handshake_state::done:
      return hand_over(found);
    case handshake_state::failed:
      return drop(found, one.handshake->why());
    }
  }

  void change_watch(std::uint64_t key, connection& one, std::uint32_t events) {
    if (one.watched != events)
      (void)watch(one.handshake->socket(), key, events, EPOLL_CTL_MOD);
    one.watched = events;
  }

  void hand_over(table::iterator at) {
    auto link = at->second.handshake->take();
    epoll_ctl(epoll_.number(), EPOLL_CTL_DEL, link.socket.number(), nullptr);
    connections_.erase(at);
    notify_.on_accepted(std::move(link));
  }

  /// The end of the descriptor ends its watch.
  void drop(table::iterator at, const std::string& why) {
    notify_.on_rejected(at->second.handshake->peer(), why);
    connections_.erase(at);
  }

  void drop_expired() {
    const auto now = steady::now();
    while (!connections_.empty() && connections_.begin()->second.end <= now)
      drop(connections_.begin(), connections_.begin()->second.handshake->why() + " within " +
                                     std::to_string(limits_.handshake.count()) + " ms");
  }

  void accept_some(int socket) {
    for (int count = 0; count < accepts_max; ++count) {
      descriptor fresh{accept4(socket, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
      if (fresh.is_open())
        add(std::move(fresh));
      else if (errno == EMFILE || errno == ENFILE)
        return reject_without_descriptor(socket);
      else if (errno != EINTR && errno != ECONNABORTED)
        return rest_unless_empty(errno);
    }
  }

  /// Whoever waits would wake this thread again at once.
  static void rest_unless_empty(int error) {
    if (error != EAGAIN && error != EWOULDBLOCK)
      std::this_thread::sleep_for(rest);
  }

  /// There is no descriptor left. A connection that stayed unaccepted would wake this thread again
  /// and again: one is kept to take it and close it.
  void reject_without_descriptor(int socket) {
    constexpr auto why = "there are too many descriptors open";
    if (!connections_.empty())
      drop(choose_victim(), why);
    reserve_descriptor_.close();
    if (const descriptor last{accept4(socket, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
        last.is_open())
      notify_.on_rejected(text_of(remote_address_of(last.number())), why);
    reserve_descriptor_ = open_spare();
  }

  void add(descriptor fresh) {
    if (connections_.size() >= limits_.handshakes_max)
      drop(choose_victim(), "others came, too many that have not proved who they are");
    const auto key = ++latest_key_;
    const auto number = fresh.number();
    auto network = network_of(remote_address_of(number));
    connections_[key] = {make_server_handshake(std::move(fresh), credentials_),
                         steady::now() + limits_.handshake, std::move(network), EPOLLIN};
    if (watch(number, key, EPOLLIN, EPOLL_CTL_ADD))
      advance(key); // Its hello may be there already.
    else
      drop(connections_.find(key), "there is no memory for it");
  }

  /// One of those who come from where most come from, so that nobody keeps others out: the oldest
  /// that has said nothing valid, or the oldest. Of these looks at the older half alone: who has
  /// just come needs a moment for its hello, which others who have said one must not take away.
  /// Requires: there are connections.
  table::iterator choose_victim() {
    std::map<std::string, std::size_t> counts;
    for (const auto& [key, one] : connections_)
      ++counts[one.network];
    std::size_t most = 0;
    for (const auto& [network, count] : counts)
      most = std::max(most, count);
    std::vector<table::iterator> candidates;
    for (auto one = connections_.begin(); one != connections_.end(); ++one)
      if (counts[one->second.network] == most)
        candidates.push_back(one);
    const auto half = candidates.begin() + static_cast<std::ptrdiff_t>(candidates.size() / 2);
    const auto silent = std::find_if(candidates.begin(), half, [](const auto& one) {
      return !one->second.handshake->has_valid_hello();
    });
    return silent == half ? candidates.front() : *silent;
  }

  [[nodiscard]] bool watch(int number, std::uint64_t key, std::uint32_t events, int operation) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = key;
    return epoll_ctl(epoll_.number(), operation, number, &event) == 0;
  }

  const listening_sockets sockets_;
  const std::shared_ptr<const transport_credentials> credentials_;
  const callbacks notify_;
  const acceptor_limits limits_;
  const descriptor epoll_;
  const descriptor wake_;
  descriptor reserve_descriptor_;
  table connections_;
  std::uint64_t latest_key_ = first_connection_key;
  std::thread thread_;
};

result<std::unique_ptr<link_acceptor>>
link_acceptor::open(const node_address& place,
                    std::shared_ptr<const transport_credentials> credentials, callbacks notify,
                    acceptor_limits limits) {
  auto at = listen_at(place);
  if (!at)
    return at.error();
  if (!at->is_loopback && !credentials->allows_remote())
    return failure{
        errc::invalid_argument,
        "bind: is " + place.host +
            ", which other machines reach, and plain text could be read on the way; "
            "expected TLS (--tls-cert, --tls-key, --tls-ca), or to be allowed (--insecure)"};
  auto acceptor_loop =
      std::make_unique<loop>(std::move(*at), std::move(credentials), std::move(notify), limits);
  try {
    if (!acceptor_loop->start())
      return failure{errc::unavailable, "the system has no descriptors left to listen with"};
  } catch (const std::system_error& why) {
    return failure{errc::unavailable, std::string{"the system refuses a thread: "} + why.what()};
  }
  return std::unique_ptr<link_acceptor>{new link_acceptor{std::move(acceptor_loop)}};
}

link_acceptor::link_acceptor(std::unique_ptr<loop> acceptor_loop)
    : loop_(std::move(acceptor_loop)) {}

link_acceptor::~link_acceptor() = default;

std::uint16_t link_acceptor::port() const {
  return loop_->port();
}

} // namespace belfry
