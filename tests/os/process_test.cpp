#include "os/process.hpp"

#include "support/forked.hpp"

#include <catch2/catch.hpp>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
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

TEST_CASE("standard descriptors that are closed are opened, and their use fails; the others stay",
          "[process]") {
  const auto status = belfry::test::status_of_forked([] {
    ::close(STDIN_FILENO);
    ::close(STDERR_FILENO);
    const auto output = ::dup(STDOUT_FILENO); // Is 0.
    ::close(output);
    belfry::open_standard_descriptors();
    for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
      if (::fcntl(number, F_GETFD) != 0) // Open, and inherited.
        return 1;
    char letter = 'x';
    if (::write(STDERR_FILENO, &letter, 1) != -1 || errno != EBADF)
      return 2;
    if (::read(STDIN_FILENO, &letter, 1) != -1 || errno != EBADF)
      return 3;
    return ::open("/dev/null", O_RDONLY) > 2 ? 0 : 4;
  });
  CHECK(status == 0);
}

TEST_CASE("an output without a reader is told from one that cannot be written", "[process]") {
  const auto status = belfry::test::status_of_forked([] {
    int ends[2] = {};
    if (::pipe(ends) != 0 || ::dup2(ends[1], STDOUT_FILENO) < 0)
      return 1;
    if (belfry::has_output_lost_its_reader())
      return 2;
    ::close(ends[0]);
    if (!belfry::has_output_lost_its_reader())
      return 3;
    ::dup2(::open("/dev/full", O_WRONLY), STDOUT_FILENO);
    return belfry::has_output_lost_its_reader() ? 4 : 0;
  });
  CHECK(status == 0);
}

TEST_CASE("children have an exit status although SIGCHLD was ignored", "[process]") {
  const auto status = belfry::test::status_of_forked([] {
    std::signal(SIGCHLD, SIG_IGN);
    belfry::keep_exit_statuses();
    return belfry::test::status_of_forked([] { return 7; });
  });
  CHECK(status == 7);
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
