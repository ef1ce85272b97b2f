// belfry top with a real node.
#include "cli/node_program.hpp"

using namespace belfry::test;

namespace {

struct top_fixture : temporary_directory, node_program {
  top_fixture() : node_program("--shards 1 --data " + directory + "/data") {}

  /// Runs `command` on a terminal, for at most so many seconds, and `steps` once it has shown an
  /// overview: they write the keys to the pipe `keys`, and read the file `screen`.
  [[nodiscard]] command_result on_terminal(const std::string& command, int seconds,
                                           const std::string& steps) const {
    return shell("cd " + directory + "; mkfifo keys; BELFRY_NODE=" + address() +
                 " TERM=xterm timeout " + std::to_string(seconds) + " script -qefc '" + command +
                 "' screen <>keys & "
                 "timeout 60 sh -c 'until grep -qs serving screen; do sleep 0.1; done'; " +
                 steps);
  }
};

} // namespace

TEST_CASE_METHOD(top_fixture, "the overview says why queues wait", "[cli]") {
  CHECK(belfry("pause slow").status == 0);
  CHECK(belfry("submit exec --queue slow -- true").status == 0);
  CHECK(belfry("submit nobody-runs-this --queue odd").status == 0);

  const auto outcome = belfry("top --once");

  CHECK(outcome.status == 0);
  CHECK(outcome.contains("1 of 1 shards serving"));
  CHECK(outcome.contains("2 ready"));
  CHECK(outcome.contains("paused"));
  CHECK(outcome.contains("'nobody-runs-this'"));
  CHECK(outcome.contains("WORKER"));
}

TEST_CASE_METHOD(top_fixture, "on a terminal the overview lives until a key ends it", "[cli]") {
  const auto outcome = on_terminal(program + " top", 60, "echo q >keys; wait $!");
  INFO(outcome.text);
  CHECK(outcome.status == 0);
  CHECK(outcome.contains("\033[?1049h"));
  CHECK(outcome.contains("1 of 1 shards serving"));
  CHECK(outcome.contains("\033[?1049l"));
}

TEST_CASE_METHOD(top_fixture, "a signal that ends the overview restores the terminal", "[cli]") {
  const auto outcome =
      on_terminal("sh -c \"echo \\$\\$ >pid; exec " + program + " top\"; echo status $?; stty -a",
                  60, "kill $(cat pid); wait");
  INFO(outcome.text);
  CHECK(outcome.contains("status 0"));
  CHECK(outcome.contains("\033[?1049l"));
  CHECK(outcome.contains(" icanon "));
  CHECK(outcome.contains(" echo "));
}

TEST_CASE_METHOD(top_fixture, "a node that is silent does not keep keys from ending the overview",
                 "[cli]") {
  const auto node = std::to_string(pid());
  const auto outcome = on_terminal(
      program + " top --request-timeout 1h; echo status $?", 120,
      "kill -STOP " + node +
          "; timeout 60 sh -c 'until grep -qs \"not answered\" screen; do sleep 0.1; done'; "
          "echo q >keys; wait; kill -CONT " +
          node);
  INFO(outcome.text);
  CHECK(outcome.contains("the node has not answered for "));
  CHECK(outcome.contains("this is what it said before"));
  CHECK(outcome.contains("status 0"));
  CHECK(outcome.contains("\033[?1049l"));
}

TEST_CASE_METHOD(top_fixture, "without a terminal the overview is printed once only", "[cli]") {
  CHECK(belfry("top").status == 2);
  CHECK(belfry("top --once --json").status == 2);
  CHECK(belfry("top --once --interval 1ms").status == 2);
}
