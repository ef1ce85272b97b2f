// Nodes that keep their tasks in a real PostgreSQL, as a user starts them.
#include "node_program.hpp"

#include <vector>

using namespace belfry::test;

namespace {

const std::string postgres = BELFRY_SOURCE_DIRECTORY "/scripts/postgres";

/// For the shell.
std::string quoted(const std::string& text) {
  std::string whole{'\''};
  whole += text;
  whole += '\'';
  return whole;
}

/// A server of its own, gone with the test.
struct store_fixture : own_directory {
  store_fixture() {
    // Root gives its server to another user, who must get there.
    std::filesystem::permissions(directory, std::filesystem::perms{0711});
    const auto started =
        shell(postgres + " start " + directory + "/pg --while " + std::to_string(getpid()));
    INFO(started.text);
    REQUIRE(started.status == 0);
    store = quoted(started.word());
  }
  ~store_fixture() { CHECK(shell(postgres + " stop " + directory + "/pg").status == 0); }

  void crash_server() {
    REQUIRE(shell(postgres + " stop " + directory + "/pg immediate").status == 0);
    REQUIRE(shell(postgres + " start " + directory + "/pg").status == 0);
  }

  std::string store;
};

std::vector<std::string> submit_some(const node_program& node, const std::string& delay) {
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i)
    ids.push_back(node.belfry("submit exec --in " + delay + " -- true").word());
  return ids;
}

} // namespace

TEST_CASE_METHOD(store_fixture, "tasks in a database outlive their node and its server",
                 "[store]") {
  std::vector<std::string> ids;
  {
    node_program node{"--store " + store};
    ids = submit_some(node, "1s");
    CHECK(WIFSIGNALED(node.end(SIGKILL)));
  }
  const node_program node{"--store " + store};
  crash_server();
  const auto later = node.belfry("submit exec -- true").word();
  ids.push_back(later);
  for (const auto& id : ids)
    CHECK(node.belfry("wait " + id + " --timeout 60s").status == 0);
}

TEST_CASE_METHOD(store_fixture, "a node whose tasks another has taken over ends and says so",
                 "[store]") {
  node_program first{"--store " + store + " 2>" + directory + "/log"};
  const auto ids = submit_some(first, "2s");
  const node_program second{"--store " + store};
  CHECK(WEXITSTATUS(first.end(0)) == 1); // As soon as it has something to write.
  CHECK(shell("cat " + directory + "/log").says("another node has taken it over"));
  for (const auto& id : ids)
    CHECK(second.belfry("wait " + id + " --timeout 60s").status == 0);
}

TEST_CASE_METHOD(store_fixture, "a store can be made and looked at", "[store]") {
  CHECK(quoted(shell(postgres + " start " + directory + "/pg").word()) == store); // It runs.
  const auto none = shell(program + " store check " + store);
  CHECK(none.status == 4);
  CHECK(none.says("has no tables yet"));
  CHECK(shell(program + " store init " + store + " --shards 3").says("cluster 'belfry': 3 shards"));
  CHECK(shell(program + " store init " + store).says("3 shards"));
  CHECK(shell(program + " store init " + store + " --shards 4").says("was created for 3 shards"));
  CHECK(shell(program + " store init " + store + " --cluster other").says("16 shards"));
  CHECK(shell(program + " store check " + store + " --json").says("\"shard_count\":3"));

  const node_program node{"--cluster other", "BELFRY_STORE=" + store};
  CHECK(node.belfry("status").says("16 of 16 shards serve"));
}

TEST_CASE_METHOD(own_directory, "the usual store gives way to a directory on the command line",
                 "[store]") {
  const node_program node{"--data " + directory + "/data", "BELFRY_STORE=postgresql://nowhere/x"};
  CHECK(node.belfry("submit exec --wait -- true").status == 0);
}

TEST_CASE_METHOD(store_fixture, "a database that cannot keep tasks is refused with the reason",
                 "[store]") {
  const auto refused = [](const std::string& flags) {
    auto how = shell(program + " node --port 0 --log-level off " + flags);
    CHECK(how.status != 0);
    return how.text;
  };
  const auto elsewhere = quoted("postgresql://belfry@/nothere?host=" + directory + "/pg");
  CHECK(refused("--store " + elsewhere).find("\"nothere\" does not exist") != std::string::npos);
  CHECK(refused("--store " + store + " --cluster Not-This").find("expected a small letter") !=
        std::string::npos);
  CHECK(refused("--store mysql://x/y").find("belfry: ") != std::string::npos);
  CHECK(refused("--store " + store + " --data " + directory).find("expected one of them") !=
        std::string::npos);
}
