#include "cli/command_line/completion.hpp"
#include "cli/command_line/manual_page.hpp"

#include <catch2/catch.hpp>

using namespace belfry::shell;
using Catch::Contains;

namespace {

struct described_program {
  described_program() {
    app.name("belfry");
    app.add_option("--host", text, "Where it's")->type_name("HOST");
    auto* queue = app.add_subcommand("queue", "Change a queue");
    auto* set = queue->add_subcommand("set", "Set it");
    set->add_option("--weight", text, "Share")->type_name("NUMBER");
    set->footer(".dots and 'quotes'\nC:\\");
  }

  CLI::App app{"runs tasks"};
  std::string text;
};

} // namespace

TEST_CASE("no text is a request of roff", "[cli]") {
  CHECK(escaped_for_roff("a-b") == "a\\-b");
  CHECK(escaped_for_roff(".x\n.y.z") == "\\&.x\n\\&.y.z");
  CHECK(escaped_for_roff("'q'") == "\\&\\(aqq\\(aq");
  CHECK(escaped_for_roff("a\\b") == "a\\eb");
}

TEST_CASE_METHOD(described_program, "the manual page has commands and options", "[cli]") {
  const auto page = manual_page(app);
  CHECK_THAT(page, Catch::StartsWith(".TH BELFRY 1 "));
  CHECK_THAT(page, Contains(".TP\n\\fB\\-\\-host\\fR \\fIHOST\\fR\nWhere it\\(aqs\n"));
  CHECK_THAT(page, Contains(".SS \"belfry queue set\"\nSet it\n"));
  CHECK_THAT(page, Contains(".nf\n\\&.dots and \\(aqquotes\\(aq\nC:\\e\n.fi\n"));
}

TEST_CASE_METHOD(described_program, "a shell's script has commands and options", "[cli]") {
  const auto bash = bash_completion(app);
  CHECK_THAT(bash, Contains("\" queue\") command=\"queue\" ;;"));
  CHECK_THAT(bash, Contains("\"queue set\") command=\"queue set\" ;;"));
  CHECK_THAT(bash, Contains("\"\") names=\"queue --help --host \" ;;"));
  CHECK_THAT(bash, Contains("\"queue set\") names=\"--help --weight --help --host \" ;;"));
  CHECK_THAT(zsh_completion(app), Catch::StartsWith("#compdef belfry\n") && Contains(bash));
  const auto fish = fish_completion(app);
  CHECK_THAT(fish, Contains("complete -c belfry -n '__fish_use_subcommand' -a queue -d 'Change a "
                            "queue'\n"));
  CHECK_THAT(fish, Contains("complete -c belfry -l host -r -d 'Where it\\'s'\n"));
  CHECK_THAT(fish, Contains("complete -c belfry -n '__fish_seen_subcommand_from queue; and "
                            "__fish_seen_subcommand_from set' -l weight -r -d 'Share'\n"));
}
