#include "os/systemd_watchdog.hpp"

#include "os/notify_socket.hpp"
#include "support/scratch_directory.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>

#include <atomic>
#include <string>

using namespace belfry;
using namespace std::chrono_literals;
using belfry::test::notify_socket;
using belfry::test::set_variable;

TEST_CASE("a watchdog is wanted by the variables of the service manager", "[process]") {
  CHECK_FALSE(watchdog_interval());
  const set_variable interval{"WATCHDOG_USEC", "1500000"};
  CHECK(watchdog_interval() == 1500ms);
  const set_variable own{"WATCHDOG_PID", std::to_string(::getpid())};
  CHECK(watchdog_interval() == 1500ms);
  for (const std::string other : {"1", "", "x"}) {
    const set_variable process{"WATCHDOG_PID", other};
    CHECK_FALSE(watchdog_interval());
  }
}

TEST_CASE("an interval that is no number of microseconds wants no watchdog", "[process]") {
  for (const std::string text : {"", "0", "-5", "5s", "99999999999999999999"}) {
    const set_variable interval{"WATCHDOG_USEC", text};
    CHECK_FALSE(watchdog_interval());
  }
}

TEST_CASE("a process that works says so again and again", "[process]") {
  const scratch_directory place;
  notify_socket manager{place.file("notify")};
  const set_variable socket{"NOTIFY_SOCKET", place.file("notify")};
  const systemd_watchdog watchdog{20ms, [] { return true; }};
  for (int i = 0; i < 3; ++i)
    CHECK(manager.receive() == "WATCHDOG=1");
}

TEST_CASE("a process that does not work tells nothing until it does", "[process]") {
  const scratch_directory place;
  notify_socket manager{place.file("notify")};
  const set_variable socket{"NOTIFY_SOCKET", place.file("notify")};
  std::atomic<int> calls{0};
  const systemd_watchdog watchdog{200ms, [&] { return ++calls > 3; }};
  CHECK(manager.receive() == "WATCHDOG=1");
  CHECK(calls >= 4);
}

TEST_CASE("a watchdog ends at once", "[process]") {
  bool is_asked = false;
  {
    const systemd_watchdog watchdog{1h, [&] { return is_asked = true; }};
  }
  CHECK_FALSE(is_asked);
}
