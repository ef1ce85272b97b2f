#include "os/stop_signals.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <csignal>
#include <future>

using namespace belfry;

TEST_CASE("the first signal is one call", "[signals]") {
  for (const auto signal : {SIGTERM, SIGINT}) {
    std::promise<void> stopped; // A second call would throw.
    const stop_signals signals{[&] { stopped.set_value(); }};
    raise(signal);
    stopped.get_future().get();
  }
}

TEST_CASE("the second signal ends the process at once", "[signals]") {
  const auto child = fork();
  if (child == 0) {
    const stop_signals signals{[] {}};
    raise(SIGINT);
    raise(SIGTERM);
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 130);
}

TEST_CASE("afterwards signals have their previous handling", "[signals]") {
  const auto child = fork();
  if (child == 0) {
    {
      const stop_signals signals{[] {}};
    }
    raise(SIGTERM);
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
}
