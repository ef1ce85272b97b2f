#pragma once

#include "os/descriptor.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <catch2/catch.hpp>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <string>

namespace belfry::test {

/// The socket of a service manager, at this name, which may be an abstract one (`@…`).
class notify_socket {
public:
  explicit notify_socket(const std::string& name)
      : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, sizeof address.sun_path - 1);
    if (name.front() == '@')
      address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    REQUIRE(::bind(socket_.number(), reinterpret_cast<const sockaddr*>(&address), length) == 0);
  }

  /// The next message, which it waits for.
  std::string receive() { return receive(0); }
  /// The next message; empty if there is none.
  std::string poll() { return receive(MSG_DONTWAIT); }

private:
  std::string receive(int flags) {
    std::array<char, 256> bytes{};
    const auto size = ::recv(socket_.number(), bytes.data(), bytes.size(), flags);
    return size < 0 ? "" : std::string{bytes.data(), static_cast<std::size_t>(size)};
  }

  descriptor socket_;
};

/// Sets a variable of this process's environment, as long as this object exists.
class set_variable {
public:
  set_variable(const char* name, const std::string& value) : name_(name) {
    REQUIRE(::setenv(name, value.c_str(), 1) == 0);
  }
  ~set_variable() { ::unsetenv(name_); }
  set_variable(const set_variable&) = delete;
  set_variable& operator=(const set_variable&) = delete;

private:
  const char* name_;
};

} // namespace belfry::test
