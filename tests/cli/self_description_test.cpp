// Manual page and completion know every command and every option that the help shows.
#include "node_program.hpp"

#include <regex>
#include <set>
#include <sstream>
#include <vector>

using namespace belfry::test;

namespace {

/// What begins the lines of a help text, behind two spaces: names of commands, or of options.
std::set<std::string> names_in(const std::string& help, const std::string& pattern) {
  std::set<std::string> names;
  std::istringstream lines{help};
  const std::regex name{"^  (" + pattern + ")( .*)?$"};
  std::smatch found;
  for (std::string line; std::getline(lines, line);)
    if (std::regex_match(line, found, name) && found[1] != "belfry")
      names.insert(found[1]);
  return names;
}

std::string help_of(const std::string& command) {
  const auto outcome = shell(program + " " + command + " --help");
  REQUIRE(outcome.status == 0);
  return outcome.text;
}

/// The commands of the program, those that have others among them.
std::vector<std::string> commands_of_program() {
  std::vector<std::string> all;
  for (const auto& name : names_in(help_of(""), "[a-z][a-z-]*"))
    all.push_back(name);
  for (const std::string parent : {"queue", "schedule", "store"})
    for (const auto& name : names_in(help_of(parent), "[a-z][a-z-]*"))
      all.push_back(parent + " " + name);
  return all;
}

std::string for_roff(const std::string& text) {
  return std::regex_replace(text, std::regex{"-"}, "\\-");
}

} // namespace

TEST_CASE("every command and option stands in the manual page and the completion", "[cli]") {
  const auto page = shell(program + " man").text;
  const auto bash = shell(program + " completion bash").text;
  const auto fish = shell(program + " completion fish").text;
  const auto all = commands_of_program();
  CHECK(all.size() > 20);
  for (const auto& command : all) {
    INFO(command);
    CHECK_THAT(page, Catch::Contains(".SS \"belfry " + for_roff(command) + "\"\n"));
    CHECK_THAT(bash, Catch::Contains("\"" + command + "\") names=\""));
    for (const auto& option : names_in(help_of(command), "--[a-z-]+")) {
      INFO(option);
      CHECK_THAT(page, Catch::Contains("\\fB" + for_roff(option) + "\\fR"));
      CHECK_THAT(bash, Catch::Contains(option + " "));
      CHECK_THAT(fish, Catch::Contains(" -l " + option.substr(2) + " "));
    }
  }
}

TEST_CASE("help lines fit, and have no text of another command", "[cli]") {
  for (const auto& command : commands_of_program()) {
    std::istringstream lines{help_of(command)};
    for (std::string line; std::getline(lines, line);) {
      INFO(command << ": " << line);
      CHECK(line.size() <= 110); // The limit of 100 letters, and some letters of several bytes.
    }
  }
  CHECK(help_of("queue").find("Exit status") == std::string::npos);
}

TEST_CASE("bash completes commands and options with the script", "[cli]") {
  if (shell("command -v bash").status != 0)
    return;
  const auto completed = [](const std::string& words, int index) {
    const auto script = "source <(" + program + " completion bash); COMP_WORDS=(" + words +
                        "); COMP_CWORD=" + std::to_string(index) +
                        "; _belfry; echo \"${COMPREPLY[@]}\"";
    return shell("bash -c '" + script + "'").text;
  };
  CHECK(completed("belfry sub", 1) == "submit\n");
  CHECK(completed("belfry queue s", 2) == "set\n");
  CHECK(completed("belfry submit --reque", 2) == "--request-timeout\n");
  CHECK(completed("belfry submit exec --retr", 3) == "--retries --retry-delay\n");
  CHECK(completed("belfry submit exec -- --retr", 4) == "\n");
}

TEST_CASE("a shell that is not known is a usage error", "[cli]") {
  const auto outcome = shell(program + " completion csh");
  CHECK(outcome.status == 2);
  CHECK(outcome.contains("expected one of bash, zsh, fish"));
}
