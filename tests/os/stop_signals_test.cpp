#include "os/stop_signals.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "support/forked.hpp"

#include <csignal>
#include <future>

using namespace belfry;

TEST_CASE("the first signal is one call", "[signals]") {
  for (const auto signal : {SIGTERM, SIGINT, SIGHUP}) {
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

TEST_CASE("SIGHUP never ends the process at once", "[signals]") {
  for (const auto& order : {std::pair{SIGHUP, SIGHUP}, {SIGTERM, SIGHUP}, {SIGHUP, SIGTERM}}) {
    const auto status = test::status_of_forked([&] {
      const stop_signals signals{[] {}};
      raise(order.first);
      raise(order.second);
      return 7;
    });
    CHECK(status == 7);
  }
}

TEST_CASE("an ignored SIGHUP or SIGINT stays ignored", "[signals]") {
  for (const auto ignored : {SIGHUP, SIGINT}) {
    const auto status = test::status_of_forked([&] {
      signal(ignored, SIG_IGN);
      std::promise<int> stopped; // A second call would throw.
      const stop_signals signals{[&] { stopped.set_value(7); }};
      raise(ignored);
      raise(SIGTERM); // Would end the process if it were the second one.
      return stopped.get_future().get();
    });
    CHECK(status == 7);
  }
}

TEST_CASE("an ignored SIGTERM stops the program all the same", "[signals]") {
  const auto status = test::status_of_forked([] {
    signal(SIGTERM, SIG_IGN);
    std::promise<int> stopped;
    const stop_signals signals{[&] { stopped.set_value(7); }};
    raise(SIGTERM);
    return stopped.get_future().get();
  });
  CHECK(status == 7);
}

TEST_CASE("a signal that the parent has blocked is received", "[signals]") {
  const auto status = test::status_of_forked([] {
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_BLOCK, &blocked, nullptr);
    std::promise<int> stopped;
    const stop_signals signals{[&] { stopped.set_value(7); }};
    raise(SIGTERM);
    return stopped.get_future().get();
  });
  CHECK(status == 7);
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
