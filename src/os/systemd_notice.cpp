#include "os/systemd_notice.hpp"

#include "os/descriptor.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <iterator>
#include <string_view>

namespace belfry {

bool notify_systemd(const std::string& state) {
  const char* variable = std::getenv("NOTIFY_SOCKET");
  const std::string_view name = variable ? variable : "";
  sockaddr_un address{};
  if (name.empty() || (name.front() != '/' && name.front() != '@') ||
      name.size() >= sizeof address.sun_path)
    return false;
  address.sun_family = AF_UNIX;
  std::copy(name.begin(), name.end(), std::begin(address.sun_path));
  if (name.front() == '@')
    address.sun_path[0] = '\0'; // An abstract socket has a name, and no file.
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  const descriptor socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  return socket.is_open() && ::sendto(socket.number(), state.data(), state.size(), MSG_NOSIGNAL,
                                      reinterpret_cast<const sockaddr*>(&address),
                                      length) == static_cast<ssize_t>(state.size());
}

} // namespace belfry
