// Texts that others chose, printed and logged by a real node: they command no terminal and forge no
// line.
#include "node_program.hpp"

using namespace belfry::test;
using Catch::Contains;

namespace {

struct logging_node : temporary_directory, node_program {
  logging_node()
      : node_program("--data " + directory + "/data --shards 1 --log-level info 2>" + directory +
                     "/log") {}
};

constexpr auto forged_state = "\n  state     running\n";

} // namespace

TEST_CASE_METHOD(logging_node, "the output of a task commands no terminal and forges no field",
                 "[cli]") {
  const auto id = belfry("submit exec --key \"$(printf 'a\\033[31m\\n  state     running\\nb')\" "
                         "--shell 'printf \"\\033]0;pwn\\007\\n  state     running\\n\"'")
                      .word();
  for (const auto& shown : {belfry("wait " + id), belfry("get " + id)}) {
    CHECK(shown.status == 0);
    CHECK_THAT(shown.text, !Contains("\033") && !Contains("\007") && !Contains(forged_state));
    CHECK_THAT(shown.text, Contains("  output:\n    \\u001b]0;pwn\\u0007\n      state     "));
  }
  CHECK_THAT(belfry("get " + id).text, Contains("a\\u001b[31m\\n  state     running\\nb"));
}

TEST_CASE_METHOD(logging_node, "the error of a task commands no terminal and forges no field",
                 "[cli]") {
  const auto id =
      belfry("submit exec --retries 0 --shell 'printf \"x\\033[2J\\n  state     running\\n\" >&2; "
             "exit 3'")
          .word();
  CHECK(belfry("wait " + id).status == 1);
  for (const auto* command : {"get ", "explain "})
    CHECK_THAT(belfry(command + id).text, !Contains("\033") && !Contains(forged_state));
}

TEST_CASE_METHOD(logging_node, "a refusal that quotes a name commands no terminal", "[cli]") {
  const auto refused = belfry("schedule rm \"$(printf 'x\\033[2J\\nbelfry: all is well')\"");
  CHECK(refused.status == 4);
  CHECK_THAT(refused.text, !Contains("\033") && !Contains("\nbelfry: all"));
}
