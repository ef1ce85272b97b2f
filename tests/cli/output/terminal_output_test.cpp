// What commands print on a terminal, which `script` of util-linux stands for.
#include "cli/node_program.hpp"

using namespace belfry::test;

namespace {

struct terminal_fixture : temporary_directory, node_program {
  terminal_fixture() : node_program("--shards 1 --data " + directory + "/data") {}

  /// `belfry` with these arguments on a terminal of this width, where somebody types a line.
  [[nodiscard]] command_result on_terminal(const std::string& arguments, int columns,
                                           const std::string& before = "",
                                           const std::string& typed = "") const {
    auto outcome = shell("echo " + typed + " | BELFRY_NODE=" + address() +
                         " TERM=xterm COLUMNS=" + std::to_string(columns) + " " + before +
                         " script -qec '" + program + " " + arguments + "' /dev/null");
    UNSCOPED_INFO("belfry " << arguments << "\n" << outcome.text << "status " << outcome.status);
    return outcome;
  }
};

} // namespace

TEST_CASE_METHOD(terminal_fixture, "a table fits the terminal and has colours", "[cli]") {
  CHECK(belfry("submit mail --in 1h").status == 0);
  const auto id = belfry("submit news --retries 0 --in 1h").word();
  CHECK(belfry("cancel " + id).status == 0);

  const auto narrow = on_terminal("queues", 60);
  CHECK_FALSE(narrow.contains("DURABILITY"));
  CHECK(narrow.contains("SCHEDULED"));
  CHECK(on_terminal("queues", 200).contains("DURABILITY"));
  CHECK(on_terminal("queues --wide", 60).contains("DURABILITY"));
  CHECK(belfry("queues").contains("DURABILITY"));
  CHECK_FALSE(on_terminal("status", 60).contains("CONNECTED"));
  CHECK(belfry("status").contains("CONNECTED"));

  CHECK(on_terminal("list", 120).contains("in 59min"));
  CHECK_FALSE(on_terminal("list --times absolute", 120).contains("in 59min"));
  CHECK(belfry("list --times relative").contains("in 59min"));
  CHECK_FALSE(belfry("list").contains("in 59min"));
}

TEST_CASE_METHOD(terminal_fixture, "the plan of an import and the verdicts fit the terminal",
                 "[cli]") {
  const auto file = directory + "/jobs.cron";
  const std::string command = "/usr/local/bin/a-command-of-fifty-letters-to-be-cut-off";
  REQUIRE(shell("echo '0 3 * * * " + command + "' >" + file).status == 0);
  const auto import = "import-crontab --dry-run --tz UTC " + file;
  const auto narrow = on_terminal(import, 70);
  CHECK(narrow.contains("…"));
  CHECK_FALSE(narrow.contains(command));
  CHECK_FALSE(narrow.contains("ZONE"));
  CHECK(on_terminal(import + " --wide", 70).contains(command));
  CHECK(belfry(import).contains(command));

  const std::string name = "a-queue-with-a-name-of-forty-letters-ever";
  CHECK(belfry("submit mail --in 1h --queue " + name).status == 0);
  CHECK_FALSE(on_terminal("health", 60).contains(name.substr(0, 36)));
  CHECK(belfry("health").contains(name.substr(0, 36)));
}

TEST_CASE_METHOD(terminal_fixture, "colours are for terminals that want them", "[cli]") {
  const auto id = belfry("submit exec --retries 0 -- false").word();
  CHECK(belfry("wait " + id).status == 1);
  const std::string red = "\033[31mdead\033[0m";
  CHECK(on_terminal("list", 120).contains(red));
  CHECK_FALSE(on_terminal("list", 120, "NO_COLOR=1").contains(red));
  CHECK_FALSE(belfry("list", "TERM=xterm").contains("\033"));
}

TEST_CASE_METHOD(terminal_fixture, "a list is sorted, continued and counted", "[cli]") {
  const auto first = belfry("submit a --in 3h").word();
  const auto second = belfry("submit b --in 1h").word();
  const auto third = belfry("submit c --in 2h").word();

  const auto some = belfry("list --limit 2");
  CHECK(some.contains("Showing 2 of 3: --after " + second + " shows the next ones"));
  CHECK(belfry("list --limit 2 --json")
            .contains(R"({"notice":"more","shown":2,"matching":3,"after":")" + second + R"("})"));
  CHECK(belfry("list --limit 2 --json --sort due")
            .contains(R"({"notice":"more","shown":2,"matching":3})"));
  const auto rest = belfry("list --after " + second);
  CHECK(rest.contains(third));
  CHECK_FALSE(rest.contains(second));
  CHECK(belfry("list --limit 1 --kind a --due-from 2020-01-01").contains(first));

  const auto by_due = belfry("list --sort due --limit 2");
  CHECK(by_due.text.find(second) < by_due.text.find(third));
  CHECK_FALSE(by_due.contains(first));
  CHECK(by_due.contains("Showing 2 of 3: --limit shows more of them"));
  CHECK(belfry("list --sort -due --limit 1").contains(first));

  CHECK(belfry("list --sort name").contains("expected one of id, due, accepted"));
  CHECK(belfry("list --after here").status == 2);
  CHECK(belfry("list --after " + first + " --sort due").status == 2);
}

TEST_CASE_METHOD(terminal_fixture, "on a terminal a wait for several says how many are done",
                 "[cli]") {
  const auto one = belfry("submit exec -- true").word();
  const auto other = belfry("submit exec --retries 0 -- false").word();
  const auto both = on_terminal("wait " + one + " " + other, 120);
  CHECK(both.contains("(1 of 2 done)"));
  CHECK(both.contains("(2 of 2 done)"));
  CHECK_FALSE(on_terminal("wait " + one, 120).contains("done)"));
  CHECK_FALSE(belfry("wait " + one + " " + other).contains("done)"));
}

TEST_CASE_METHOD(terminal_fixture, "on a terminal a bulk order asks first", "[cli]") {
  for (const auto* kind : {"a", "b", "c"})
    CHECK(belfry(std::string{"submit --queue mail --in 1h "} + kind).status == 0);

  const auto declined = on_terminal("cancel --queue mail", 120, "", "n");
  CHECK(declined.status == 1);
  CHECK(declined.contains("Really cancel 3 tasks? [y/N]"));
  CHECK(declined.contains("nothing is changed"));
  const auto agreed = on_terminal("cancel --kind a", 120, "", "y");
  CHECK(agreed.contains("cancelling [##########] 100 %  1 of 1"));
  CHECK(agreed.contains("1 task cancelled"));
  const auto confirmed = on_terminal("cancel --kind b --yes", 120);
  CHECK(confirmed.contains("cancelling 1"));
  CHECK(confirmed.contains("1 task cancelled"));
  CHECK_FALSE(confirmed.contains("Really"));
  CHECK(belfry("list --state scheduled --json --kind c").contains("\"kind\":\"c\""));
}

TEST_CASE_METHOD(terminal_fixture, "a stream of a file says how far it has come", "[cli]") {
  const auto file = directory + "/tasks.jsonl";
  const auto line = R"({"kind": "a", "in": "1h"})";
  REQUIRE(shell("yes '" + std::string{line} + "' | head -n 40000 >" + file).status == 0);
  const auto shown = on_terminal("submit --stream --file " + file, 120);
  CHECK(shown.status == 0);
  CHECK(shown.contains("submitting ["));
  CHECK(shown.contains(" %  "));
  CHECK((shown.contains(" of ~40,000") || shown.contains(" of 40,000")));
  CHECK(shown.contains("40000 tasks accepted"));
  CHECK_FALSE(belfry("submit --stream --file " + file).contains("submitting"));
}

TEST_CASE_METHOD(terminal_fixture, "a dry run counts and changes nothing", "[cli]") {
  for (const auto* kind : {"a", "b"})
    CHECK(belfry(std::string{"submit --queue mail --in 1h "} + kind).status == 0);
  CHECK(belfry("cancel --queue mail --dry-run").text == "2 tasks would be cancelled\n");
  CHECK(belfry("cancel --all --dry-run --json").text == "{\"matched\":2,\"is_dry_run\":true}\n");
  CHECK(belfry("requeue --all-dead --dry-run").text == "0 tasks would be requeued\n");
  CHECK(belfry("cancel 0-1 --dry-run").status == 2);
  CHECK(belfry("cancel --queue mail").contains("2 tasks cancelled"));
}
