// Command lines with typing errors or words in brackets, and the version.
#include "node_program.hpp"

using namespace belfry::test;

namespace {

struct typing_fixture : temporary_directory, node_program {
  typing_fixture() : node_program("--shards 1 --data " + directory + "/data") {}
};

void check_complaint(const std::string& arguments, const std::string& expected) {
  const auto outcome = shell(program + " " + arguments);
  INFO(arguments << "\n" << outcome.text);
  CHECK(outcome.status == 2);
  CHECK(outcome.contains("belfry: " + expected + "\n"));
  CHECK(outcome.contains("--help' for more.\n"));
}

} // namespace

TEST_CASE("a command that does not exist is answered with a similar one", "[cli]") {
  check_complaint("sumbit mail", "there is no command 'sumbit'; did you mean 'submit'?");
  check_complaint("nonsense", "there is no command 'nonsense'");
  check_complaint("queue sett mail", "there is no command 'queue sett'; did you mean 'set'?");
  CHECK(shell(program + " queue").contains("belfry: 'belfry queue' needs a command: "));
  check_complaint("", "a command is missing");
}

TEST_CASE("an option that does not exist is answered with a similar one", "[cli]") {
  check_complaint("list --quue mail", "there is no option '--quue'; did you mean '--queue'?");
  check_complaint("list --jsn", "there is no option '--jsn'; did you mean '--json'?");
  check_complaint("list --limt=5", "there is no option '--limt'; did you mean '--limit'?");
  check_complaint("pause --quick mail", "there is no option '--quick'");
  check_complaint("submit exec ls -la",
                  "there is no option '-la'; the options of a command to run stand after --, as "
                  "in: belfry submit exec -- ls -l");
  check_complaint("pause mail news", "'news' is one word too many for 'belfry pause'");
}

TEST_CASE("options that exclude each other are named, former names too", "[cli]") {
  check_complaint("submit mail --in 1s --at 2026-11-24", "--in excludes --at");
  check_complaint("submit mail --timeout 1s --run-timeout 1s", "--run-timeout excludes --timeout");
  check_complaint("wait 0-1 --timeout 1s --wait-timeout 1s", "--wait-timeout excludes --timeout");
}

TEST_CASE("a command about tasks takes ids or a filter, and says which is wrong", "[cli]") {
  check_complaint("delete", "ID: needs task ids or a filter; --all-dead selects all");
  check_complaint("delete 0-1 --kind exec", "ID: takes task ids or a filter, not both");
  check_complaint("cancel 0-1 --all", "ID: takes task ids or a filter, not both");
}

TEST_CASE("the program tells its version", "[cli]") {
  const auto outcome = shell(program + " --version");
  CHECK(outcome.status == 0);
  CHECK_THAT(outcome.text, Catch::Matches("belfry [0-9]+\\.[0-9]+\\.[0-9]+\n"));
  CHECK(shell(program + " list --version").text == outcome.text);
}

TEST_CASE_METHOD(typing_fixture, "a queue that does not exist is told", "[cli]") {
  CHECK(belfry("submit letter --queue mail --in 1h").status == 0);
  const std::string notice = "belfry: there is no queue 'mial' yet (known: mail); did you mean "
                             "'mail'?\n";
  for (const auto* command : {"list --queue mial", "cancel --queue mial", "pause mial"}) {
    const auto outcome = belfry(command);
    CHECK(outcome.status == 0);
    CHECK(outcome.contains(notice));
  }
  CHECK(belfry("resume nosuch --json").contains(R"({"notice":"unknown_queue","queue":"nosuch")"));
  for (const auto* command : {"list --queue mail", "pause mail", "resume mail"})
    CHECK_FALSE(belfry(command).contains("there is no queue"));
}

TEST_CASE_METHOD(typing_fixture, "words in brackets stay as they are", "[cli]") {
  CHECK(belfry("submit exec --wait -- echo '[1,2]' '[x]' '[[]]'").contains("[1,2] [x] [[]]"));
  CHECK(belfry("submit exec --wait --shell -- '[ -e /etc/passwd ]'").status == 0);
  const auto id = belfry("submit mail '[\"a@x.org\",1]' --in 1h").word();
  CHECK(belfry("get " + id + " --json").contains(R"("payload":"[\"a@x.org\",1]")"));
  const auto refused = belfry("wait '[a,b]'");
  CHECK(refused.status == 2);
  CHECK(refused.contains("'[a,b]' is not a task id"));
}
