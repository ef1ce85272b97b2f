// The tests take the part of a container's first process: the kernel hands their process orphans.
#include "os/init_process.hpp"

#include "support/forked.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <sched.h>
#include <sys/prctl.h>

using namespace belfry;

namespace {

/// Runs `body` below an init process, and returns the status of that.
template <class Body>
int status_of_init(Body body) {
  return test::status_of_forked([&] {
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    continue_below_init();
    alarm(60);
    return body();
  });
}

/// Starts a process whose parent ends at once.
pid_t start_orphan() {
  int ends[2] = {};
  (void)!pipe(ends);
  const auto parent = fork();
  if (parent == 0) {
    const auto orphan = fork();
    if (orphan > 0)
      (void)!write(ends[1], &orphan, sizeof orphan);
    _exit(0);
  }
  pid_t orphan = 0;
  (void)!read(ends[0], &orphan, sizeof orphan);
  waitpid(parent, nullptr, 0);
  return orphan;
}

} // namespace

TEST_CASE("an init process ends with the status of its program", "[init]") {
  CHECK(status_of_init([] { return 7; }) == 7);
  CHECK(status_of_init([] { return raise(SIGKILL); }) == 128 + SIGKILL);
}

TEST_CASE("an init process collects orphans", "[init]") {
  const auto status = status_of_init([] {
    const auto orphan = start_orphan();
    while (kill(orphan, 0) == 0) // Succeeds until the exit status is collected.
      sched_yield();
    return 7;
  });
  CHECK(status == 7);
}

TEST_CASE("an init process passes signals on to its program", "[init]") {
  const auto status = status_of_init([] {
    signal(SIGTERM, [](int) { _exit(9); });
    kill(getppid(), SIGTERM);
    for (;;)
      pause();
    return 1;
  });
  CHECK(status == 9);
}

TEST_CASE("the program below an init process leads its own group", "[init]") {
  CHECK(status_of_init([] { return getpgrp() == getpid() ? 7 : 1; }) == 7);
}
