#include "os/handlers/exec.hpp"

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

namespace {

struct exec_fixture {
  exec_limits limits;
  run_control control;

  run_result exec(const exec_payload& what) { return exec_text(*write(what)); }
  run_result shell(const std::string& line) { return exec({.command = {line}, .shell = true}); }
  run_result exec_text(const std::string& payload) {
    run current{{.task = task_id::of({3}, 1042),
                 .token = {77},
                 .attempt = 2,
                 .kind = "exec",
                 .payload = payload},
                control};
    return exec_handler(limits)(current);
  }
};

/// A pipe that a command tells this test something through.
class fifo {
public:
  fifo() : path_("/tmp/belfry-exec-test-" + std::to_string(getpid())) {
    unlink(path_.c_str());
    REQUIRE(mkfifo(path_.c_str(), 0600) == 0);
  }
  ~fifo() { unlink(path_.c_str()); }

  [[nodiscard]] const std::string& path() const { return path_; }
  /// Waits until a command has written a line.
  [[nodiscard]] std::string line() const {
    std::string text;
    std::getline(std::ifstream{path_} >> std::ws, text);
    return text;
  }

private:
  std::string path_;
};

bool is_gone(pid_t pid) {
  std::ifstream stat{"/proc/" + std::to_string(pid) + "/stat"};
  std::string text;
  std::getline(stat, text);
  // A zombie waits for its parent and runs no more.
  return text.empty() || text.find(") Z ") != std::string::npos ||
         text.find(") X ") != std::string::npos;
}

void wait_until_gone(pid_t pid) {
  while (!is_gone(pid))
    sched_yield();
}

} // namespace

TEST_CASE_METHOD(exec_fixture, "a command's output is the task's", "[exec]") {
  const auto how = exec({.command = {"echo", "good", "$HOME"}});
  CHECK(how.end == run_result::verdict::succeeded);
  CHECK(how.output == "good $HOME\n");
}

TEST_CASE_METHOD(exec_fixture, "a shell runs only if asked for", "[exec]") {
  CHECK(shell("echo a | tr a b; echo c >&2").output == "b\nc\n");
}

TEST_CASE_METHOD(exec_fixture, "an exit status is a failure with the end of stderr", "[exec]") {
  const auto how = shell("echo out; for n in 1 2 3 4 5 6 7; do echo line $n >&2; done; exit 3");
  CHECK(how.error == "exit_status");
  CHECK(how.message == "exit status 3: line 3\nline 4\nline 5\nline 6\nline 7");
  CHECK_FALSE(how.is_final);
}

TEST_CASE_METHOD(exec_fixture, "a command that a signal killed has failed", "[exec]") {
  const auto how = shell("kill -KILL $$");
  CHECK(how.error == "killed_by_signal");
  CHECK(how.message == "killed by signal KILL");
}

TEST_CASE_METHOD(exec_fixture, "a command that is not there fails for good", "[exec]") {
  for (const std::string name : {"no-such-program", "/no/such/program"}) {
    const auto how = exec({.command = {name}});
    CHECK(how.error == "command_not_found");
    CHECK_THAT(how.message, Catch::Contains(name));
    CHECK(how.is_final);
  }
}

TEST_CASE_METHOD(exec_fixture, "a command that may not be run fails", "[exec]") {
  CHECK(exec({.command = {"/etc/passwd"}}).error == "exec_failed");
}

TEST_CASE_METHOD(exec_fixture, "a bad payload fails for good", "[exec]") {
  const auto how = exec_text("{}");
  CHECK(how.error == "invalid_payload");
  CHECK(how.is_final);
}

TEST_CASE_METHOD(exec_fixture, "a command reads its stdin to the end", "[exec]") {
  CHECK(exec({.command = {"cat"}}).output.empty());
  CHECK(exec({.command = {"wc", "-c"}, .stdin_text = std::string(200'000, 'x')}).output ==
        "200000\n");
}

TEST_CASE_METHOD(exec_fixture, "a command finds its run in its environment", "[exec]") {
  setenv("BELFRY_TEST_OWN", "inherited", 1);
  exec_payload what{.command = {"echo $BELFRY_TASK $BELFRY_TOKEN $BELFRY_ATTEMPT $GREETING "
                                "$BELFRY_TEST_OWN"},
                    .shell = true};
  what.environment["GREETING"] = "hello";
  CHECK(exec(what).output == "3-1042 77 2 hello inherited\n");
}

TEST_CASE_METHOD(exec_fixture, "a command runs in its directory", "[exec]") {
  CHECK(exec({.command = {"pwd"}, .directory = "/usr"}).output == "/usr\n");
  const auto how = exec({.command = {"pwd"}, .directory = "/no/such"});
  CHECK(how.error == "directory_not_found");
  CHECK_FALSE(how.is_final);
}

TEST_CASE_METHOD(exec_fixture, "a big output is cut in the middle", "[exec]") {
  limits.output_bytes_max = 3'000;
  const auto how = shell("yes abcdefghi | head -c 5000000");
  CHECK(how.output.size() < 3'100);
  CHECK(how.output.substr(0, 10) == "abcdefghi\n");
  CHECK_THAT(how.output, Catch::Contains("4997000 bytes cut"));
}

TEST_CASE_METHOD(exec_fixture, "a cancel ends the command", "[exec]") {
  fifo told;
  auto canceller = std::async(std::launch::async, [&] {
    const auto line = told.line();
    control.cancel();
    return line;
  });
  const auto how = shell("echo started > " + told.path() + "; echo why >&2; exec sleep 1000");
  CHECK(canceller.get() == "started");
  CHECK(how.error == "cancelled");
}

TEST_CASE_METHOD(exec_fixture, "a stubborn command is killed with its group after the grace",
                 "[exec]") {
  limits.grace = duration{50};
  fifo told;
  auto canceller = std::async(std::launch::async, [&] {
    const auto line = told.line();
    control.cancel();
    return line;
  });
  const auto how =
      shell("trap '' TERM; sleep 1000 & echo $! > " + told.path() + "; while true; do wait; done");
  CHECK(how.error == "cancelled");
  wait_until_gone(std::stoi(canceller.get()));
}

TEST_CASE_METHOD(exec_fixture, "a run is over with its command, whatever that left behind",
                 "[exec]") {
  const auto how = shell("sleep 1000 & echo $!");
  CHECK(how.end == run_result::verdict::succeeded);
  wait_until_gone(std::stoi(how.output));
}

TEST_CASE_METHOD(exec_fixture, "a command inherits no descriptors", "[exec]") {
  const int leak = open("/dev/null", O_RDONLY); // Without O_CLOEXEC.
  // `ls` itself opens the directory it lists.
  CHECK(exec({.command = {"ls", "/proc/self/fd"}}).output == "0\n1\n2\n3\n");
  close(leak);
}

TEST_CASE_METHOD(exec_fixture, "a run leaves no descriptor open here", "[exec]") {
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

TEST_CASE_METHOD(exec_fixture, "signals ignored or held here are not so in the command", "[exec]") {
  const auto before = signal(SIGPIPE, SIG_IGN);
  CHECK(exec({.command = {"grep", "-E", "^Sig(Ign|Blk)", "/proc/self/status"}}).output ==
        "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
  signal(SIGPIPE, before);
}

TEST_CASE("a command dies with the process that runs it", "[exec]") {
  fifo told;
  const auto worker = fork();
  if (worker == 0) {
    run_control control;
    run current{{.kind = "exec",
                 .payload = *write({.command = {"echo $$ > " + told.path() + "; exec sleep 1000"},
                                    .shell = true})},
                control};
    (void)exec_handler()(current);
    _exit(0);
  }
  const auto command = std::stoi(told.line());

  kill(worker, SIGKILL);
  waitpid(worker, nullptr, 0);

  wait_until_gone(command);
}

} // namespace belfry
