#include "faulty_proxy.hpp"

#include "support/damaged_bytes.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

namespace belfry::test {

namespace {

constexpr std::uint64_t pieces_per_fault = 100;
constexpr std::uint64_t delay_max_ms = 300;
constexpr std::size_t pending_bytes_max = 1 << 20;
constexpr int poll_ms = 10; // Also how late a delayed piece may be.

listening_sockets listening_at(const std::string& host) {
  auto opened = listen_at({host, 0});
  REQUIRE(opened.ok());
  return std::move(*opened);
}

socket_address address_of(const std::string& host, std::uint16_t port) {
  const auto found = resolve(host, port);
  REQUIRE(found.ok());
  return found->front();
}

/// The peer sees a reset instead of an end.
void reset(int socket) {
  const linger at_once{1, 0};
  setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

} // namespace

bool faulty_proxy::stream::wants_input() const {
  return !has_ended && pending.size() < pending_bytes_max;
}

bool faulty_proxy::stream::wants_output(time_point now) const {
  return !pending.empty() && now >= send_from;
}

faulty_proxy::faulty_proxy(const std::string& host, std::uint16_t node_port, std::uint64_t seed)
    : random_(seed), node_(address_of(host, node_port)), listening_(listening_at(host)),
      thread_([this] { run(); }) {}

faulty_proxy::~faulty_proxy() {
  is_stopped_ = true;
  thread_.join();
}

void faulty_proxy::run() {
  while (!is_stopped_) {
    wait();
    for (const auto& listener : listening_.sockets)
      accept_clients(listener.number());
    for (auto& served : open_)
      serve(served);
    open_.remove_if([](const connection& served) { return served.is_closed; });
  }
}

/// Until something can be done, or for a moment.
void faulty_proxy::wait() const {
  std::vector<pollfd> watched;
  for (const auto& listener : listening_.sockets)
    watched.push_back({listener.number(), POLLIN, 0});
  const auto now = std::chrono::steady_clock::now();
  for (const auto& served : open_)
    for (const auto& direction : served.streams) {
      if (direction.wants_input())
        watched.push_back({direction.source, POLLIN, 0});
      if (direction.wants_output(now))
        watched.push_back({direction.target, POLLOUT, 0});
    }
  (void)poll(watched.data(), watched.size(), poll_ms);
}

void faulty_proxy::accept_clients(int listener) {
  for (;;) {
    connection accepted;
    accepted.client = descriptor{accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
    if (!accepted.client.is_open())
      return;
    ++connections_;
    // On one machine a connection is there at once, or refused: then the client is closed as well.
    accepted.node = descriptor{::socket(node_.bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (connect(accepted.node.number(), node_.get(), node_.size) != 0)
      continue;
    auto& [to_node, to_client] = accepted.streams;
    to_node.source = to_client.target = accepted.client.number();
    to_node.target = to_client.source = accepted.node.number();
    open_.push_back(std::move(accepted));
  }
}

void faulty_proxy::serve(connection& served) {
  bool is_open = true;
  bool has_ended = true;
  for (auto& direction : served.streams) {
    is_open = is_open && receive(direction) && send(direction);
    has_ended = has_ended && direction.is_end_sent;
  }
  served.is_closed = !is_open || has_ended;
}

bool faulty_proxy::receive(stream& from) {
  if (!from.wants_input())
    return true;
  std::array<char, 16'384> piece{};
  const auto size = recv(from.source, piece.data(), piece.size(), MSG_DONTWAIT);
  if (size < 0)
    return would_block();
  from.has_ended = size == 0;
  const std::string bytes(piece.data(), static_cast<std::size_t>(size));
  if (!bytes.empty() && has_faults_ && random_.below(pieces_per_fault) == 0)
    return damage(from, bytes);
  from.pending += bytes;
  return true;
}

bool faulty_proxy::send(stream& to) const {
  if (to.wants_output(std::chrono::steady_clock::now())) {
    const auto size =
        ::send(to.target, to.pending.data(), to.pending.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (size < 0)
      return would_block();
    to.pending.erase(0, static_cast<std::size_t>(size));
  }
  if (to.has_ended && to.pending.empty() && !to.is_end_sent) {
    shutdown(to.target, SHUT_WR);
    to.is_end_sent = true;
  }
  return true;
}

bool faulty_proxy::damage(stream& to, const std::string& bytes) {
  ++faults_;
  switch (random_.below(8)) {
  case 0: // Both peers see a reset.
    reset(to.source);
    reset(to.target);
    return false;
  case 1: // Both peers see an end.
    return false;
  case 2: // The piece is lost.
    return true;
  case 3:
    to.pending += bytes + bytes;
    return true;
  case 4:
    to.pending += bytes;
    to.send_from =
        std::chrono::steady_clock::now() + std::chrono::milliseconds{random_.below(delay_max_ms)};
    return true;
  default:
    to.pending += damaged(random_, bytes);
    return true;
  }
}

} // namespace belfry::test
