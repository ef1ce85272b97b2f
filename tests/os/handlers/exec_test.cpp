#include "exec_fixture.hpp"

#include "support/scratch_directory.hpp"
#include "wire/exec_payload.hpp"

#include <catch2/catch.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <future>
#include <sstream>

namespace belfry {

using test::exec_fixture;

namespace {

/// A named pipe through which a command sends a line to this test.
class fifo {
public:
  fifo() { REQUIRE(mkfifo(path_.c_str(), 0600) == 0); }

  [[nodiscard]] const std::string& path() const { return path_; }
  /// Waits until a command has written a line.
  [[nodiscard]] std::string line() const {
    std::string text;
    std::getline(std::ifstream{path_} >> std::ws, text);
    return text;
  }

private:
  const scratch_directory scratch_;
  const std::string path_ = scratch_.file("fifo");
};

bool is_gone(pid_t pid) {
  std::ifstream stat{"/proc/" + std::to_string(pid) + "/stat"};
  std::string text;
  std::getline(stat, text);
  // A zombie has ended and waits for its parent.
  return text.empty() || text.find(") Z ") != std::string::npos ||
         text.find(") X ") != std::string::npos;
}

void wait_until_gone(pid_t pid) {
  while (!is_gone(pid))
    sched_yield();
}

} // namespace

TEST_CASE_METHOD(exec_fixture, "the output of a command is the output of its task", "[exec]") {
  const auto result = exec({.command = {"echo", "good", "$HOME"}});
  CHECK(result.end == run_result::verdict::succeeded);
  CHECK(result.output == "good $HOME\n");
}

TEST_CASE_METHOD(exec_fixture, "a shell runs only if asked for", "[exec]") {
  CHECK(shell("echo a | tr a b; echo c >&2").output == "b\nc\n");
}

TEST_CASE_METHOD(exec_fixture, "an exit status is a failure with the end of stderr", "[exec]") {
  const auto result = shell("echo out; for n in 1 2 3 4 5 6 7; do echo line $n >&2; done; exit 3");
  CHECK(result.error == "exit_status");
  CHECK(result.message == "exit status 3: line 3\nline 4\nline 5\nline 6\nline 7");
  CHECK_FALSE(result.is_final);
}

TEST_CASE_METHOD(exec_fixture, "a command that a signal killed has failed", "[exec]") {
  const auto result = shell("kill -KILL $$");
  CHECK(result.error == "killed_by_signal");
  CHECK(result.message == "killed by signal KILL");
}

TEST_CASE_METHOD(exec_fixture, "a missing command fails permanently", "[exec]") {
  for (const std::string name : {"no-such-program", "/no/such/program"}) {
    const auto result = exec({.command = {name}});
    CHECK(result.error == "command_not_found");
    CHECK_THAT(result.message, Catch::Contains(name));
    CHECK(result.is_final);
  }
}

TEST_CASE_METHOD(exec_fixture, "a command that may not be run fails", "[exec]") {
  const auto result = exec({.command = {"/etc/passwd"}});
  CHECK(result.error == "exec_failed");
  CHECK(result.is_final);
}

TEST_CASE_METHOD(exec_fixture, "a program that the system cannot read fails permanently",
                 "[exec]") {
  const scratch_directory scratch;
  const auto write_program = [&](const std::string& name, const std::string& text) {
    std::ofstream{scratch.file(name)} << text;
    REQUIRE(chmod(scratch.file(name).c_str(), 0700) == 0);
  };
  write_program("plain", "no program");
  const auto plain = exec({.command = {scratch.file("plain")}});
  CHECK(plain.error == "exec_failed");
  CHECK(plain.is_final);

  write_program("script", "#!/bin/sh\r\ntrue\r\n");
  for (const auto& payload :
       {exec_payload{.command = {scratch.file("script")}},
        exec_payload{.command = {"./script"}, .directory = scratch.file("")}}) {
    const auto script = exec(payload);
    CHECK(script.error == "command_not_found");
    CHECK_THAT(script.message, Catch::Contains("the file is there, but not the interpreter"));
    CHECK(script.is_final);
  }
}

TEST_CASE_METHOD(exec_fixture, "a malformed payload fails permanently", "[exec]") {
  const auto result = exec_text("{}");
  CHECK(result.error == "invalid_payload");
  CHECK(result.is_final);
}

TEST_CASE_METHOD(exec_fixture, "a command reads its stdin to the end", "[exec]") {
  CHECK(exec({.command = {"cat"}}).output.empty());
  CHECK(exec({.command = {"wc", "-c"}, .stdin_text = std::string(200'000, 'x')}).output ==
        "200000\n");
}

TEST_CASE_METHOD(exec_fixture, "a command has its run in its environment", "[exec]") {
  setenv("BELFRY_TEST_OWN", "inherited", 1);
  exec_payload payload{.command = {"echo $BELFRY_TASK $BELFRY_TOKEN $BELFRY_ATTEMPT $GREETING "
                                   "$BELFRY_TEST_OWN"},
                       .shell = true};
  payload.environment["GREETING"] = "hello";
  CHECK(exec(payload).output == "3-1042 77 2 hello inherited\n");
}

TEST_CASE_METHOD(exec_fixture, "a command learns where its task comes from", "[exec]") {
  const std::string origin = "echo ${BELFRY_QUEUE-unset} ${BELFRY_KEY-unset} "
                             "${BELFRY_SCHEDULE-unset} ${BELFRY_SCHEDULED_FOR-unset} "
                             "${BELFRY_LAST_ATTEMPT-unset}";
  setenv("BELFRY_KEY", "of the node itself", 1);
  CHECK(shell(origin).output == "default unset unset unset unset\n");
  unsetenv("BELFRY_KEY");

  control.set_origin({.queue = "laundry",
                      .key = "order 7",
                      .schedule = "nightly",
                      .scheduled_for = instant_of_ms(1'700'000'000'000)});
  CHECK(shell(origin).output == "laundry order 7 nightly 1700000000 unset\n");
}

TEST_CASE_METHOD(exec_fixture, "a command learns that its attempt is the last", "[exec]") {
  run current{
      {.kind = "exec",
       .payload = *write(exec_payload{.command = {"echo $BELFRY_LAST_ATTEMPT"}, .shell = true}),
       .is_last_attempt = true},
      control};
  CHECK(exec_handler(limits, environment)(current).output == "1\n");
}

TEST_CASE_METHOD(exec_fixture, "a command runs in its directory", "[exec]") {
  CHECK(exec({.command = {"pwd"}, .directory = "/usr"}).output == "/usr\n");
  const auto result = exec({.command = {"pwd"}, .directory = "/no/such"});
  CHECK(result.error == "directory_not_found");
  CHECK_FALSE(result.is_final);
}

TEST_CASE_METHOD(exec_fixture, "a long output is cut in the middle", "[exec]") {
  limits.output_bytes_max = 3'000;
  const auto result = shell("yes abcdefghi | head -c 5000000");
  CHECK(result.output.size() < 3'100);
  CHECK(result.output.substr(0, 10) == "abcdefghi\n");
  CHECK_THAT(result.output, Catch::Contains("4997000 bytes cut"));
}

TEST_CASE_METHOD(exec_fixture, "a cancel ends the command", "[exec]") {
  fifo report;
  auto canceller = std::async(std::launch::async, [&] {
    const auto line = report.line();
    control.cancel();
    return line;
  });
  const auto result = shell("echo started > " + report.path() + "; echo why >&2; exec sleep 1000");
  CHECK(canceller.get() == "started");
  CHECK(result.error == "cancelled");
}

TEST_CASE_METHOD(exec_fixture, "a stubborn command is killed with its group after the grace",
                 "[exec]") {
  limits.grace = duration{50};
  fifo report;
  auto canceller = std::async(std::launch::async, [&] {
    const auto line = report.line();
    control.cancel();
    return line;
  });
  const auto result = shell("trap '' TERM; sleep 1000 & echo $! > " + report.path() +
                            "; while true; do wait; done");
  CHECK(result.error == "cancelled");
  wait_until_gone(std::stoi(canceller.get()));
}

TEST_CASE_METHOD(exec_fixture, "a run ends with its command and kills what that left behind",
                 "[exec]") {
  const auto result = shell("sleep 1000 & echo $!");
  CHECK(result.end == run_result::verdict::succeeded);
  wait_until_gone(std::stoi(result.output));
}

TEST_CASE_METHOD(exec_fixture, "a command inherits no descriptor but that of its progress",
                 "[exec]") {
  const int leak = open("/dev/null", O_RDONLY); // Without O_CLOEXEC.
  // `ls` itself opens the directory it lists.
  CHECK(exec({.command = {"ls", "/proc/self/fd"}}).output == "0\n1\n2\n3\n4\n");
  close(leak);
}

TEST_CASE_METHOD(exec_fixture, "a run leaves no descriptor open in the worker", "[exec]") {
  const auto count = [] {
    int open_ones = 0;
    auto* all = opendir("/proc/self/fd");
    while (readdir(all))
      ++open_ones;
    closedir(all);
    return open_ones;
  };
  exec({.command = {"true"}});
  const auto before = count();
  exec({.command = {"true"}, .stdin_text = "in"});
  exec({.command = {"no-such-program"}});
  exec({.command = {"true"}, .directory = "/no/such"});
  CHECK(count() == before);
}

TEST_CASE_METHOD(exec_fixture, "a command does not inherit ignored or blocked signals", "[exec]") {
  const auto before = signal(SIGPIPE, SIG_IGN);
  CHECK(exec({.command = {"grep", "-E", "^Sig(Ign|Blk)", "/proc/self/status"}}).output ==
        "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
  signal(SIGPIPE, before);
}

TEST_CASE("a command dies with the process that runs it", "[exec]") {
  fifo report;
  const auto worker = fork();
  if (worker == 0) {
    run_control control;
    run current{{.kind = "exec",
                 .payload = *write({.command = {"echo $$ > " + report.path() + "; exec sleep 1000"},
                                    .shell = true})},
                control};
    (void)exec_handler()(current);
    _exit(0);
  }
  const auto command = std::stoi(report.line());

  kill(worker, SIGKILL);
  waitpid(worker, nullptr, 0);

  wait_until_gone(command);
}

} // namespace belfry
