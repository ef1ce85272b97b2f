#include "os/systemd_notice.hpp"

#include "os/notify_socket.hpp"
#include "support/scratch_directory.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>

#include <cstdlib>
#include <string>

using namespace belfry;
using belfry::test::notify_socket;
using belfry::test::set_variable;

TEST_CASE("the service manager hears of the service's state", "[process]") {
  const scratch_directory place;
  notify_socket manager{place.file("notify")};
  const set_variable socket{"NOTIFY_SOCKET", place.file("notify")};
  CHECK(notify_systemd("READY=1\nSTATUS=serving"));
  CHECK(manager.poll() == "READY=1\nSTATUS=serving");
}

TEST_CASE("the service manager may have a socket without a file", "[process]") {
  const auto name = "@belfry-test-" + std::to_string(::getpid());
  notify_socket manager{name};
  const set_variable socket{"NOTIFY_SOCKET", name};
  CHECK(notify_systemd("STOPPING=1"));
  CHECK(manager.poll() == "STOPPING=1");
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
