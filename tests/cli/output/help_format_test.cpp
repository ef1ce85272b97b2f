#include "cli/command_line/help_format.hpp"
#include "cli/command_line/option_table.hpp"

#include <catch2/catch.hpp>

using namespace belfry::shell;
using Catch::Contains;

namespace {

/// A program with the commands `queue set` and `list`.
struct small_program {
  small_program() {
    app.name("belfry");
    app.footer("of the program");
    app.fallthrough();
    format_help(app);
    auto* queue = app.add_subcommand("queue", "Change a queue");
    auto* set = queue->add_subcommand("set", "Set it");
    set->footer("of set");
    set->add_option("QUEUE", text, "The queue")->required()->type_name("");
    auto* weight = set->add_option("--weight", text, "Share of the workers")->type_name("NUMBER");
    set->add_option("--level", text, "How safe")->type_name("LEVEL")->excludes(weight);
    set->add_option("--old", text, "Former name")->group("");
    set->add_option("--place", text, "Where")->envname("BELFRY_PLACE")->type_name("URI");
    set->add_flag("--all", is_all, "All of them");
    app.add_subcommand("list", "List tasks");
    group_commands(app);
  }
  const CLI::App& set() { return *app.get_subcommand("queue")->get_subcommand("set"); }

  CLI::App app{"runs tasks"};
  std::string text;
  bool is_all = false;
};

} // namespace

TEST_CASE("a text is broken at spaces", "[cli]") {
  CHECK(wrapped("", 10, 2).empty());
  CHECK(wrapped("one two", 9, 2) == "one two");
  CHECK(wrapped("one two", 8, 2) == "one\n  two");
  CHECK(wrapped("one two three four", 10, 0) == "one two\nthree four");
  CHECK(wrapped("a-word-that-is-too-long b", 10, 1) == "a-word-that-is-too-long\n b");
  CHECK(wrapped("äöü äöü", 7, 0) == "äöü äöü");
}

TEST_CASE_METHOD(small_program, "options have a name, a value and what excludes them", "[cli]") {
  const auto entries = options_of(set());
  std::string all;
  for (const auto& entry : entries)
    all += entry.name + "|" + entry.value + "|" + entry.description + "\n";
  CHECK_THAT(all, Contains("QUEUE||The queue\n"));
  CHECK_THAT(all, Contains("--weight|NUMBER|Share of the workers (not with --level)\n"));
  CHECK_THAT(all, Contains("--place|URI|Where (or BELFRY_PLACE)\n"));
  CHECK_THAT(all, Contains("--all||All of them\n"));
  CHECK_THAT(all, !Contains("--old"));
}

TEST_CASE_METHOD(small_program, "commands have paths, and texts of their own", "[cli]") {
  std::string paths;
  for (const auto* command : all_commands(app))
    paths += path_of(*command) + ",";
  CHECK(paths == ",queue,queue set,list,");
  CHECK(own_footer(app) == "of the program");
  CHECK(own_footer(*app.get_subcommand("queue")).empty());
  CHECK(own_footer(set()) == "of set");
}

TEST_CASE_METHOD(small_program, "help has groups, and no text of another command", "[cli]") {
  CHECK_THAT(app.help(), Contains("\nTasks:\n  list") && Contains("\nQueues and schedules:\n"));
  const auto help = app.get_subcommand("queue")->help();
  CHECK_THAT(help, !Contains("of the program"));
  CHECK_THAT(help, Contains("Options of all commands"));
  CHECK_THAT(set().help(),
             Contains("  --weight NUMBER" + std::string(17, ' ') + "Share of the workers"));
  CHECK_THAT(set().help(), !Contains("REQUIRED") && !Contains("Env") && !Contains("--old"));
}
