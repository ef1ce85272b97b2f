// What a command gets from the node that runs it, and what it does not.
#include "exec_fixture.hpp"

#include "os/descriptor_limit.hpp"
#include "support/forked.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <cstdlib>
#include <sys/resource.h>
#include <unistd.h>

namespace belfry {

using test::exec_fixture;
using test::status_of_forked;

TEST_CASE_METHOD(exec_fixture, "a command is the first of its own session and group", "[exec]") {
  // Its process, its group, its session.
  const auto ids = exec({.command = {"cut", "-d", " ", "-f", "1,5,6", "/proc/self/stat"}}).output;
  const auto pid = ids.substr(0, ids.find(' '));
  CHECK(ids == pid + " " + pid + " " + pid + "\n");
}

TEST_CASE("a command gets the limit of descriptors that its node was started with", "[exec]") {
  const auto status = status_of_forked([] {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = 100;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (raise_descriptor_limit() <= 100)
      return 2;
    return exec_fixture{}.shell("ulimit -n").output == "100\n" ? 0 : 1;
  });
  CHECK(status == 0);
}

TEST_CASE("a command has an exit status although its node was started to ignore children",
          "[exec]") {
  const auto status = status_of_forked([] {
    signal(SIGCHLD, SIG_IGN);
    return exec_fixture{}.shell("exit 3").message == "exit status 3" ? 0 : 1;
  });
  CHECK(status == 0);
}

TEST_CASE("a command inherits no ignored or blocked signal, real-time ones included", "[exec]") {
  const auto status = status_of_forked([] {
    for (int number = 1; number < NSIG; ++number)
      signal(number, number == SIGALRM ? SIG_DFL : SIG_IGN);
    sigset_t all;
    sigfillset(&all);
    sigdelset(&all, SIGALRM);
    sigprocmask(SIG_SETMASK, &all, nullptr);
    const auto result =
        exec_fixture{}.exec({.command = {"grep", "-E", "^Sig(Ign|Blk)", "/proc/self/status"}});
    return result.output == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n" ? 0 : 1;
  });
  CHECK(status == 0);
}

TEST_CASE_METHOD(exec_fixture, "a command does not get what only its node should know", "[exec]") {
  for (const auto* name :
       {"BELFRY_SECRET_FILE", "BELFRY_TLS_KEY", "BELFRY_TLS_ANYTHING", "BELFRY_STORE",
        "BELFRY_INSECURE", "NOTIFY_SOCKET", "WATCHDOG_USEC", "LISTEN_FDS"})
    setenv(name, "hidden", 1);
  setenv("BELFRY_NODE", "shown", 1);

  const auto output = exec({.command = {"env"}}).output;

  CHECK_THAT(output, !Catch::Contains("hidden"));
  CHECK_THAT(output, Catch::Contains("BELFRY_NODE=shown"));
  CHECK_THAT(exec({.command = {"env"}, .environment = {{"BELFRY_STORE", "given"}}}).output,
             Catch::Contains("BELFRY_STORE=given")); // By the task itself.
}

TEST_CASE_METHOD(exec_fixture, "a database password is withheld if it is the node's", "[exec]") {
  setenv("PGPASSWORD", "hunter2", 1);
  CHECK_THAT(exec({.command = {"env"}}).output, Catch::Contains("PGPASSWORD=hunter2"));
  environment.has_database_password = true;
  CHECK_THAT(exec({.command = {"env"}}).output, !Catch::Contains("PGPASSWORD"));
}

TEST_CASE_METHOD(exec_fixture, "a clean environment has what a login gives, and the task's own",
                 "[exec]") {
  environment.is_clean = true;
  setenv("AWS_SECRET_ACCESS_KEY", "hunter2", 1);
  setenv("LC_TIME", "C", 1);

  const auto output = exec({.command = {"env"}, .environment = {{"GREETING", "hello"}}}).output;

  CHECK_THAT(output, !Catch::Contains("hunter2"));
  for (const auto* name : {"PATH=", "LC_TIME=C\n", "GREETING=hello\n", "BELFRY_TASK=3-1042\n"})
    CHECK_THAT(output, Catch::Contains(name));
}

} // namespace belfry
