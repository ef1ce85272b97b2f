// A database of tasks is dumped by pg_dump while a node works, and restored by pg_restore.
#include "cli/node_program.hpp"

using namespace belfry::test;

namespace {

/// A server of its own, gone with the test.
struct dump_fixture : temporary_directory {
  dump_fixture() {
    // Root gives its server to another user, who must get there.
    std::filesystem::permissions(directory, std::filesystem::perms{0711});
    const auto started =
        shell(script + " start " + directory + "/pg --while " + std::to_string(getpid()));
    INFO(started.text);
    REQUIRE(started.status == 0);
    store = "'" + started.word() + "'";
  }
  ~dump_fixture() { CHECK(shell(script + " stop " + directory + "/pg").status == 0); }

  /// Runs one of the server's programs.
  static void run(const std::string& command) {
    const auto outcome = shell(
        "PATH=$(printf '%s\\n' /usr/lib/postgresql/*/bin | sort -V | tail -1):$PATH; " + command);
    INFO(command << "\n" << outcome.text);
    REQUIRE(outcome.status == 0);
  }
  void dump() const {
    run("pg_dump --format custom --schema belfry --file " + directory + "/dump " + store);
  }
  void restore() const {
    run("pg_restore --clean --if-exists --exit-on-error --single-transaction --dbname " + store +
        " " + directory + "/dump");
  }

  const std::string script = BELFRY_SOURCE_DIRECTORY "/scripts/postgres";
  std::string store;
};

} // namespace

TEST_CASE_METHOD(dump_fixture, "a dump has what was acknowledged before, and no id comes twice",
                 "[store]") {
  std::string kept;
  std::string lost;
  {
    node_program node{"--store " + store};
    kept = node.belfry("submit exec --in 1h --key kept -- true").word();
    REQUIRE(node.belfry("submit exec --cron @daily --name nightly -- true").status == 0);
    dump();
    lost = node.belfry("submit exec --in 1h -- true").word();
    REQUIRE(node.belfry("get " + lost).status == 0);
    CHECK(WIFSIGNALED(node.end(SIGKILL)));
  }
  restore();
  CHECK(shell(program + " store check " + store).contains("cluster 'belfry': 16 shards"));

  const node_program node{"--store " + store};
  CHECK(node.belfry("get " + kept).status == 0);
  CHECK(node.belfry("get " + lost).status == 4);
  CHECK(node.belfry("schedules --json").contains("nightly"));
  CHECK(node.belfry("submit exec --key kept -- true").word() == kept);
  for (int i = 0; i < 20; ++i)
    CHECK(node.belfry("submit exec --in 1h -- true").word() != lost);
  CHECK(node.belfry("submit exec --wait -- true").status == 0);
}

TEST_CASE_METHOD(dump_fixture, "a node with a database makes no backup, and names pg_dump",
                 "[store]") {
  const node_program node{"--store " + store};
  const auto refused = node.belfry("backup " + directory + "/copy");
  CHECK(refused.status == 1);
  CHECK(refused.contains("pg_dump"));
}
