#include "os/process.hpp"

#include <catch2/catch.hpp>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <sys/wait.h>
#include <unistd.h>

namespace {

struct exit_detector {
  ~exit_detector() {
    if (is_armed)
      ::_exit(99);
  }
  bool is_armed = false;
} detector;

} // namespace

TEST_CASE("a process is named by its host and its id", "[process]") {
  const auto name = belfry::process_name();
  const auto number = "-" + std::to_string(::getpid());

  CHECK(name.size() > number.size());
  CHECK(name.substr(name.size() - number.size()) == number);
}

TEST_CASE("a write to a closed pipe fails without ending the process", "[process]") {
  belfry::ignore_sigpipe();
  int ends[2] = {};
  REQUIRE(::pipe(ends) == 0);
  ::close(ends[0]);

  CHECK(::write(ends[1], "x", 1) == -1);
  CHECK(errno == EPIPE);
  ::close(ends[1]);
}

TEST_CASE("a program's own handler of SIGPIPE stays", "[process]") {
  const auto handler = [](int) {};
  const auto previous = std::signal(SIGPIPE, handler);

  belfry::ignore_sigpipe();

  CHECK(std::signal(SIGPIPE, previous) == static_cast<void (*)(int)>(handler));
}

TEST_CASE("an abrupt end keeps the status and runs no global destructor", "[process]") {
  const auto child = ::fork();
  if (child == 0) {
    detector.is_armed = true;
    belfry::skip_destructors_at_exit();
    std::exit(7);
  }

  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 7);
}
