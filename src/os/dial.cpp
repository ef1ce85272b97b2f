#include "os/dial.hpp"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>

namespace belfry {

namespace {

using steady = std::chrono::steady_clock;

/// How often a waiting call looks whether it is given up.
constexpr duration glance{50};

struct address_list {
  addrinfo* first = nullptr;
  address_list() = default;
  address_list(const address_list&) = delete;
  address_list& operator=(const address_list&) = delete;
  ~address_list() {
    if (first)
      freeaddrinfo(first);
  }
};

/// Why the connection under way failed; nothing: it stands.
std::string wait_until_open(int socket, steady::time_point end,
                            const std::atomic<bool>& is_given_up) {
  while (!is_given_up) {
    const auto left = std::chrono::duration_cast<duration>(end - steady::now());
    if (left.count() <= 0)
      return "no answer in time";
    pollfd watched{socket, POLLOUT, 0};
    const auto ready = poll(&watched, 1, static_cast<int>(std::min(left, glance).count()));
    if (ready < 0 && errno != EINTR)
      return std::strerror(errno);
    if (ready <= 0)
      continue;
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size);
    return error == 0 ? "" : std::strerror(error);
  }
  return "given up";
}

} // namespace

result<int> dial(const std::string& host, std::uint16_t port, duration limit,
                 const std::atomic<bool>& is_given_up) {
  const auto end = steady::now() + limit;
  addrinfo wanted{};
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_STREAM;
  address_list found;
  const auto missing =
      getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found.first);
  if (missing != 0)
    return failure{errc::unavailable, gai_strerror(missing)};
  std::string why = "the host has no address";
  for (const auto* to = found.first; to && !is_given_up; to = to->ai_next) {
    const int socket =
        ::socket(to->ai_family, to->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, to->ai_protocol);
    if (socket < 0) {
      why = std::strerror(errno);
      continue;
    }
    if (connect(socket, to->ai_addr, to->ai_addrlen) == 0)
      return socket;
    why = errno == EINPROGRESS ? wait_until_open(socket, end, is_given_up) : std::strerror(errno);
    if (why.empty())
      return socket;
    close(socket);
  }
  return failure{errc::unavailable, why};
}

} // namespace belfry
