#include "os/link/link_acceptor.hpp"

#include "os/link/handshake/link_handshake.hpp"
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

/// New connections accepted in a row before handshakes under way get their turn.
constexpr int accepts_max = 32;
/// How long to back off after a connection could not be accepted for lack of memory.
constexpr std::chrono::milliseconds accept_backoff{10};
/// Keys of events: the wake-up, a listening socket (its descriptor), or a connection.
constexpr std::uint64_t wake_key = 0;
constexpr std::uint64_t first_connection_key = std::uint64_t{1} << 32;

descriptor open_spare() {
  return descriptor{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
}

} // namespace

class link_acceptor::loop {
public:
  loop(listening_sockets sockets, std::shared_ptr<const transport_credentials> credentials,
       callbacks notify, acceptor_limits limits)
      : sockets_(std::move(sockets)), credentials_(std::move(credentials)),
        notify_(std::move(notify)), limits_(limits), epoll_(epoll_create1(EPOLL_CLOEXEC)),
        wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), reserve_descriptor_(open_spare()) {}

  ~loop() {
    if (!thread_.joinable())
      return;
    const std::uint64_t increment = 1;
    [[maybe_unused]] const auto written = write(wake_.number(), &increment, sizeof increment);
    thread_.join();
  }

  loop(const loop&) = delete;
  loop& operator=(const loop&) = delete;

  [[nodiscard]] bool start() {
    if (!epoll_.is_open() || !wake_.is_open())
      return false;
    bool is_watched = watch(wake_.number(), wake_key, EPOLLIN, EPOLL_CTL_ADD);
    for (const auto& socket : sockets_.sockets)
      is_watched = is_watched && watch(socket.number(), static_cast<std::uint64_t>(socket.number()),
                                       EPOLLIN, EPOLL_CTL_ADD);
    if (is_watched)
      thread_ = std::thread{[this] { run(); }};
    return is_watched;
  }

  [[nodiscard]] std::uint16_t port() const { return sockets_.port; }

private:
  struct connection {
    std::unique_ptr<link_handshake> handshake;
    steady::time_point deadline;
    std::string network; ///< of the peer
    std::uint32_t events = EPOLLIN;
  };
  using table = std::map<std::uint64_t, connection>; // By key: the oldest first.

  void run() {
    std::array<epoll_event, 128> events{};
    for (;;) {
      const auto count =
          epoll_wait(epoll_.number(), events.data(), events.size(), poll_timeout_ms());
      const auto end = events.begin() + std::max(count, 0);
      if (std::any_of(events.begin(), end,
                      [](const epoll_event& event) { return event.data.u64 == wake_key; }))
        return;
      // Connections under way first, new ones afterwards.
      for (auto event = events.begin(); event != end; ++event)
        if (event->data.u64 >= first_connection_key)
          advance(event->data.u64);
      drop_expired();
      for (auto event = events.begin(); event != end; ++event)
        if (event->data.u64 < first_connection_key)
          accept_some(static_cast<int>(event->data.u64));
    }
  }

  /// Until the deadline of the oldest connection; rounded up, because rounding down would spin.
  [[nodiscard]] int poll_timeout_ms() const {
    if (connections_.empty())
      return -1;
    const auto left =
        std::chrono::ceil<duration>(connections_.begin()->second.deadline - steady::now());
    return static_cast<int>(std::max<duration::rep>(left.count(), 0));
  }

  void advance(std::uint64_t key) {
    const auto found = connections_.find(key);
    if (found == connections_.end())
      return; // Dropped since the event came.
    auto& current = found->second;
    switch (current.handshake->advance()) {
    case handshake_state::wants_read:
      return change_watch(key, current, EPOLLIN);
    case handshake_state::wants_write:
      return change_watch(key, current, EPOLLOUT);
    case handshake_state::done:
      return hand_over(found);
    case handshake_state::failed:
      return drop(found, current.handshake->reason());
    }
  }

  void change_watch(std::uint64_t key, connection& watched, std::uint32_t events) {
    if (watched.events != events)
      (void)watch(watched.handshake->socket(), key, events, EPOLL_CTL_MOD);
    watched.events = events;
  }

  void hand_over(table::iterator authenticated) {
    auto link = authenticated->second.handshake->release_link();
    epoll_ctl(epoll_.number(), EPOLL_CTL_DEL, link.socket.number(), nullptr);
    connections_.erase(authenticated);
    notify_.on_accepted(std::move(link));
  }

  /// Closing the descriptor also removes it from epoll.
  void drop(table::iterator dropped, const std::string& reason) {
    notify_.on_rejected(dropped->second.handshake->peer(), reason);
    connections_.erase(dropped);
  }

  void drop_expired() {
    const auto now = steady::now();
    while (!connections_.empty() && connections_.begin()->second.deadline <= now)
      drop(connections_.begin(), connections_.begin()->second.handshake->reason() + " within " +
                                     std::to_string(limits_.handshake_timeout.count()) + " ms");
  }

  void accept_some(int socket) {
    for (int count = 0; count < accepts_max; ++count) {
      descriptor fresh{accept4(socket, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
      if (fresh.is_open())
        add(std::move(fresh));
      else if (errno == EMFILE || errno == ENFILE)
        return reject_without_descriptor(socket);
      else if (errno != EINTR && errno != ECONNABORTED)
        return back_off_unless_empty(errno);
    }
  }

  /// A connection still in the backlog would wake this thread again at once.
  static void back_off_unless_empty(int error) {
    if (error != EAGAIN && error != EWOULDBLOCK)
      std::this_thread::sleep_for(accept_backoff);
  }

  /// No descriptor is left. A connection that stayed in the backlog would wake this thread again
  /// and again, so one descriptor is kept in reserve to accept the connection and close it.
  void reject_without_descriptor(int socket) {
    constexpr auto reason = "there are too many descriptors open";
    if (!connections_.empty())
      drop(choose_victim(), reason);
    reserve_descriptor_.close();
    if (const descriptor last{accept4(socket, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
        last.is_open())
      notify_.on_rejected(text_of(remote_address_of(last.number())), reason);
    reserve_descriptor_ = open_spare();
  }

  void add(descriptor fresh) {
    if (connections_.size() >= limits_.handshakes_max)
      drop(choose_victim(), "too many peers connect that are not authenticated yet");
    const auto key = ++latest_key_;
    const auto number = fresh.number();
    auto network = network_of(remote_address_of(number));
    connections_[key] = {make_server_handshake(std::move(fresh), credentials_),
                         steady::now() + limits_.handshake_timeout, std::move(network), EPOLLIN};
    if (watch(number, key, EPOLLIN, EPOLL_CTL_ADD))
      advance(key); // Its hello may have arrived already.
    else
      drop(connections_.find(key), "there is no memory for it");
  }

  /// The connection to drop for a new one. It is of a network that has most connections, so that no
  /// network keeps the others out: the oldest without a valid hello, or else the oldest. Only the
  /// older half is searched, because a new connection needs a moment to send its hello. Requires:
  /// there are connections.
  table::iterator choose_victim() {
    std::map<std::string, std::size_t> counts;
    for (const auto& [key, open] : connections_)
      ++counts[open.network];
    std::size_t most = 0;
    for (const auto& [network, count] : counts)
      most = std::max(most, count);
    std::vector<table::iterator> candidates;
    for (auto open = connections_.begin(); open != connections_.end(); ++open)
      if (counts[open->second.network] == most)
        candidates.push_back(open);
    const auto half = candidates.begin() + static_cast<std::ptrdiff_t>(candidates.size() / 2);
    const auto silent = std::find_if(candidates.begin(), half, [](const auto& candidate) {
      return !candidate->second.handshake->has_valid_hello();
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
link_acceptor::open(const node_address& address,
                    std::shared_ptr<const transport_credentials> credentials, callbacks notify,
                    acceptor_limits limits) {
  auto sockets = listen_at(address);
  if (!sockets)
    return sockets.error();
  if (!sockets->is_loopback && !credentials->allows_remote())
    return failure{
        errc::invalid_argument,
        "bind: is " + address.host +
            ", which other machines reach, and plain text could be read on the way; "
            "expected TLS (--tls-cert, --tls-key, --tls-ca), or to be allowed (--insecure)"};
  auto acceptor_loop = std::make_unique<loop>(std::move(*sockets), std::move(credentials),
                                              std::move(notify), limits);
  try {
    if (!acceptor_loop->start())
      return failure{errc::unavailable, "the system has no descriptors left to listen with"};
  } catch (const std::system_error& error) {
    return failure{errc::unavailable, std::string{"the system refuses a thread: "} + error.what()};
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
