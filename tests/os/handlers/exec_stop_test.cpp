// Commands whose worker stops, and what they save for the next attempt of their task.
#include "exec_fixture.hpp"

#include "support/scratch_directory.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <fstream>
#include <future>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

namespace belfry {

using test::exec_fixture;
using verdict = run_result::verdict;

namespace {

/// A command that this test stops when it says that it has started, through a named pipe.
struct stop_fixture : exec_fixture {
  const scratch_directory scratch;
  const std::string path = scratch.file("fifo");

  stop_fixture() { REQUIRE(mkfifo(path.c_str(), 0600) == 0); }

  /// Waits for the next line that the command writes to `path`. A pipe that the writer of the line
  /// before has not closed yet ends empty.
  [[nodiscard]] std::string line() const {
    std::string text;
    while (text.empty())
      std::getline(std::ifstream{path}, text);
    return text;
  }
  [[nodiscard]] std::string report(const std::string& text) const {
    return "echo " + text + " > " + path + "; ";
  }
  /// Runs `script`; its worker stops at its first line, and then `after_stop` is called.
  template <class Action>
  run_result stop_at_line(const std::string& script, Action after_stop) {
    auto stopper = std::async(std::launch::async, [&] {
      auto first = line();
      control.set_stopping();
      after_stop();
      return first;
    });
    auto result = shell(script);
    CHECK(stopper.get() == "started");
    return result;
  }
};

} // namespace

TEST_CASE_METHOD(stop_fixture, "a command gets SIGTERM when its worker stops, and is given back",
                 "[exec]") {
  const auto result = stop_at_line(report("started") + "exec sleep 1000", [] {});
  CHECK(result.end == verdict::interrupted);
  CHECK_FALSE(control.has_observed_cancel());
}

TEST_CASE_METHOD(stop_fixture, "a command that stops with its worker has not succeeded", "[exec]") {
  const auto result = stop_at_line(
      "trap 'exit 0' TERM; " + report("started") + "while true; do sleep 0.01; done", [] {});
  CHECK(result.end == verdict::interrupted);
}

TEST_CASE_METHOD(stop_fixture, "a command may use the grace of its worker, and no longer",
                 "[exec]") {
  limits.grace = duration{1};
  std::string second;
  // It goes on after SIGTERM; only SIGKILL ends it.
  const auto result = stop_at_line("trap '" + report("terminated") + "' TERM; " +
                                       report("started") + "while true; do sleep 0.01; done",
                                   [&] {
                                     second = line();
                                     control.cancel();
                                   });
  CHECK(second == "terminated");
  CHECK(result.error == "cancelled");
}

TEST_CASE_METHOD(stop_fixture, "a command saves progress when its worker stops", "[exec]") {
  const auto result = stop_at_line("trap 'echo page 7 > $BELFRY_PROGRESS_FILE; exit 1' TERM; " +
                                       report("started") + "while true; do sleep 0.01; done",
                                   [] {});
  CHECK(result.end == verdict::interrupted);
  CHECK(control.saved_progress() == "page 7\n");
}

TEST_CASE_METHOD(exec_fixture, "a command reads what earlier attempts saved", "[exec]") {
  CHECK(shell("cat $BELFRY_PROGRESS_FILE").output.empty());
  control.set_previous_progress("page 7\n");
  CHECK(shell("cat $BELFRY_PROGRESS_FILE").output == "page 7\n");
}

TEST_CASE_METHOD(exec_fixture, "a command that fails saves its progress", "[exec]") {
  control.set_previous_progress("page 7");
  const auto result = shell("echo page 8 > $BELFRY_PROGRESS_FILE; exit 3");
  CHECK(result.error == "exit_status");
  CHECK(control.saved_progress() == "page 8\n");
}

TEST_CASE_METHOD(exec_fixture, "a command without progress of its own leaves that of earlier ones",
                 "[exec]") {
  control.set_previous_progress("page 7");
  SECTION("it does not write to the file") {
    shell("exit 3");
  }
  SECTION("it empties the file") {
    shell(": > $BELFRY_PROGRESS_FILE; exit 3");
  }
  SECTION("it succeeds") {
    shell("echo page 8 > $BELFRY_PROGRESS_FILE");
  }
  CHECK(control.saved_progress() == std::nullopt);
}

TEST_CASE_METHOD(exec_fixture, "a command that saves more than 4 KiB has failed", "[exec]") {
  const std::string write = "head -c \"$0\" /dev/zero > $BELFRY_PROGRESS_FILE; exit 3";
  CHECK(exec({.command = {"sh", "-c", write, "4096"}}).error == "exit_status");
  CHECK(control.saved_progress()->size() == 4'096);

  const auto result = exec({.command = {"sh", "-c", write, "4097"}});
  CHECK(result.error == progress_too_large);
  CHECK_THAT(result.message, Catch::StartsWith("BELFRY_PROGRESS_FILE has 4097 bytes, expected at "
                                               "most 4096"));
  CHECK_FALSE(result.is_final);
}

} // namespace belfry
