// Runs the tests of a program where nothing of the user's nodes is in reach: without the variables
// that are set for them, with a secret of its own, and with a default node that does not answer. A
// test that forgets to name its node fails.
#define CATCH_CONFIG_RUNNER
#include "support/own_loopback.hpp"
#include "support/scratch_directory.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <stdlib.h>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

/// Variables that people set for tests.
const std::set<std::string>& kept_variables() {
  static const std::set<std::string> names{"BELFRY_KEEP", "BELFRY_ROUNDS", "BELFRY_SEED",
                                           "BELFRY_SESSIONS", "BELFRY_STRANGERS"};
  return names;
}

/// Removes the settings of belfry, and those of PostgreSQL's clients and servers (PGPORT, …).
void remove_foreign_variables() {
  std::vector<std::string> names;
  for (char** entry = environ; *entry; ++entry) {
    const std::string text{*entry};
    const auto name = text.substr(0, text.find('='));
    if (name.starts_with("PG") || (name.starts_with("BELFRY_") && !kept_variables().contains(name)))
      names.push_back(name);
  }
  for (const auto& name : names)
    unsetenv(name.c_str());
}

void set_variable(const char* name, const std::string& value) {
  setenv(name, value.c_str(), 1);
}

} // namespace

int main(int argc, char** argv) {
  const belfry::scratch_directory scratch;
  remove_foreign_variables();
  set_variable("BELFRY_HOME", scratch.file("home"));
  set_variable("BELFRY_NODE", belfry::test::own_loopback() + ":1");
  set_variable("TZ", "UTC");
  return Catch::Session().run(argc, argv);
}
