#include "os/stop_signals.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <csignal>
#include <future>

using namespace belfry;

TEST_CASE("the first signal is a call, once", "[signals]") {
  for (const auto signal : {SIGTERM, SIGINT}) {
    std::promise<void> asked; // A second call would throw.
    const stop_signals signals{[&] { asked.set_value(); }};
    raise(signal);
    asked.get_future().get();
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

TEST_CASE("without it, signals do what they did before", "[signals]") {
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
