#include "os/systemd_notice.hpp"

#include "os/descriptor.hpp"
#include "support/scratch_directory.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <string>

using namespace belfry;

namespace {

/// A service manager that listens on a socket of this name.
class listening_manager {
public:
  explicit listening_manager(const std::string& name)
      : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, sizeof address.sun_path - 1);
    if (name.front() == '@')
      address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    REQUIRE(::bind(socket_.number(), reinterpret_cast<const sockaddr*>(&address), length) == 0);
    REQUIRE(::setenv("NOTIFY_SOCKET", name.c_str(), 1) == 0);
  }
  ~listening_manager() { ::unsetenv("NOTIFY_SOCKET"); }
  listening_manager(const listening_manager&) = delete;
  listening_manager& operator=(const listening_manager&) = delete;

  std::string receive() {
    std::array<char, 256> bytes{};
    const auto size = ::recv(socket_.number(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    return size < 0 ? "" : std::string{bytes.data(), static_cast<std::size_t>(size)};
  }

private:
  descriptor socket_;
};

} // namespace

TEST_CASE("the service manager hears of the service's state", "[process]") {
  const scratch_directory place;
  listening_manager manager{place.file("notify")};
  CHECK(notify_systemd("READY=1\nSTATUS=serving"));
  CHECK(manager.receive() == "READY=1\nSTATUS=serving");
}

TEST_CASE("the service manager may have a socket without a file", "[process]") {
  listening_manager manager{"@belfry-test-" + std::to_string(::getpid())};
  CHECK(notify_systemd("STOPPING=1"));
  CHECK(manager.receive() == "STOPPING=1");
}

TEST_CASE("without a service manager nothing is told", "[process]") {
  ::unsetenv("NOTIFY_SOCKET");
  CHECK_FALSE(notify_systemd("READY=1"));
  for (const std::string name : {"", "relative", "/nowhere/notify"}) {
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
    CHECK_FALSE(notify_systemd("READY=1"));
  }
  const auto long_name = "/" + std::string(200, 'x');
  ::setenv("NOTIFY_SOCKET", long_name.c_str(), 1);
  CHECK_FALSE(notify_systemd("READY=1"));
  ::unsetenv("NOTIFY_SOCKET");
}
