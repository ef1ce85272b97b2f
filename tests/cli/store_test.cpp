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
struct store_fixture : temporary_directory {
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

/// Asks `command` of the node until it says `text`, for half a minute at most.
bool eventually_prints(const node_program& node, const std::string& command,
                       const std::string& text) {
  const auto line = "BELFRY_NODE=127.0.0.1:" + node.port() + " timeout 30 sh -c '" +
                    "until \"$0\" " + command + " | grep -qF \"$1\"; do :; done' " + program + " " +
                    quoted(text);
  const auto outcome = shell(line);
  UNSCOPED_INFO(line << "\n" << outcome.text);
  return outcome.status == 0;
}

TEST_CASE_METHOD(store_fixture, "nodes of one store share the tasks, and outlive each other",
                 "[store]") {
  node_program first{"--name first --store " + store};
  const node_program second{"--name second --store " + store};
  CHECK(eventually_prints(first, "nodes", "second"));
  CHECK(eventually_prints(second, "shards", "first"));
  CHECK(eventually_prints(second, "shards", "second"));
  for (int i = 0; i < 20; ++i) // It ends, though it may be dialling the other one just then.
    CHECK(shell("BELFRY_NODE=127.0.0.1:" + first.port() + " timeout 20 " + program + " nodes")
              .status == 0);
  auto ids = submit_some(first, "1s");
  const auto more = submit_some(second, "6s");
  ids.insert(ids.end(), more.begin(), more.end());
  for (const auto& id : submit_some(second, "0s")) // Whichever node has them.
    CHECK(first.belfry("wait " + id + " --timeout 60s").status == 0);

  CHECK(WIFSIGNALED(first.end(SIGKILL)));
  for (const auto& id : ids)
    CHECK(second.belfry("wait " + id + " --timeout 60s").status == 0);
  CHECK_FALSE(second.belfry("shards").contains("first"));
}

TEST_CASE_METHOD(store_fixture, "a node that is drained or stopped leaves nothing behind",
                 "[store]") {
  node_program first{"--name first --store " + store};
  const node_program second{"--name second --store " + store};
  CHECK(eventually_prints(second, "shards", "second"));
  const auto ids = submit_some(first, "2s");
  CHECK(first.belfry("drain nobody").status == 4);
  const auto drained = first.belfry("drain second");
  CHECK(drained.status == 0);
  CHECK_FALSE(drained.contains("no other active node"));
  CHECK(eventually_prints(first, "nodes --json",
                          "\"node\":\"second\",\"host\":\"127.0.0.1\",\"port\":" + second.port() +
                              ",\"shards\":0"));
  CHECK(first.belfry("drain second --undo").status == 0);
  CHECK(WEXITSTATUS(first.end(SIGTERM)) == 0);
  CHECK(eventually_prints(second, "nodes --json", "\"port\":" + second.port() + ",\"shards\":16"));
  CHECK_FALSE(second.belfry("nodes").contains("first"));
  const auto last = second.belfry("drain second");
  CHECK(last.status == 0);
  CHECK(last.contains("no other active node can take the shards of second"));
  CHECK(second.belfry("drain second --undo").status == 0);
  for (const auto& id : ids)
    CHECK(second.belfry("wait " + id + " --timeout 60s").status == 0);
}

TEST_CASE_METHOD(store_fixture,
                 "an outbox accepts while the database is unavailable, and delivers later",
                 "[store]") {
  const auto flags = "--store " + store + " --outbox " + directory + "/outbox";
  {
    node_program node{flags};
    CHECK(node.belfry("queue set orders --accept anywhere").status == 0);
    CHECK(node.belfry("queues").contains("anywhere"));
    REQUIRE(shell(postgres + " stop " + directory + "/pg immediate").status == 0);
    CHECK(node.belfry("submit exec --queue orders -- true").contains("accepted by an outbox"));
    const auto waited_for = node.belfry("submit exec --queue orders --wait -- true");
    CHECK(waited_for.status != 0);
    CHECK(waited_for.contains("stays in an outbox"));
    CHECK(
        node.belfry("submit exec --queue orders --json -- true").contains("\"is_deferred\":true"));
    CHECK(node.belfry("status").contains("tasks in its outbox: 3"));
    CHECK(WIFSIGNALED(node.end(SIGKILL)));
  }
  REQUIRE(shell(postgres + " start " + directory + "/pg").status == 0);
  const node_program node{flags};
  CHECK(eventually_prints(node, "queues --json", "\"succeeded\":3"));
  CHECK(node.belfry("status").contains("tasks in its outbox: 0"));
}

TEST_CASE_METHOD(store_fixture, "two clusters in one database do not mix", "[store]") {
  const node_program red{"--name red --cluster red --store " + store};
  const node_program blue{"--name blue --cluster blue --store " + store};
  const auto id = red.belfry("submit exec --in 1h -- true").word();
  CHECK(red.belfry("get " + id).status == 0);
  CHECK(blue.belfry("get " + id).status == 4);
  const auto seen_by_blue = blue.belfry("nodes");
  CHECK(seen_by_blue.contains("blue"));
  CHECK_FALSE(seen_by_blue.contains("red"));
  CHECK_FALSE(red.belfry("nodes").contains("blue"));
}

TEST_CASE_METHOD(store_fixture, "a node with other settings than its cluster's may not join",
                 "[store]") {
  const node_program first{"--name first --store " + store};
  const auto refused =
      shell("timeout 60 " + program + " node --port 0 --lease 5s --store " + store);
  CHECK(refused.status == 1);
  CHECK(refused.contains("the cluster has other settings: node 'first'"));
}

TEST_CASE_METHOD(store_fixture, "a store can be created and inspected", "[store]") {
  CHECK(quoted(shell(postgres + " start " + directory + "/pg").word()) == store); // It runs.
  const auto none = shell(program + " store check " + store);
  CHECK(none.status == 4);
  CHECK(none.contains("has no tables yet"));
  CHECK(shell(program + " store init " + store + " --shards 3")
            .contains("cluster 'belfry': 3 shards"));
  CHECK(shell(program + " store init " + store).contains("3 shards"));
  CHECK(
      shell(program + " store init " + store + " --shards 4").contains("was created for 3 shards"));
  CHECK(shell(program + " store init " + store + " --cluster other").contains("16 shards"));
  CHECK(shell(program + " store check " + store + " --json").contains("\"shard_count\":3"));

  const node_program node{"--cluster other", "BELFRY_STORE=" + store};
  CHECK(node.belfry("status").contains("16 of 16 shards serving"));
}

TEST_CASE_METHOD(temporary_directory, "a directory on the command line overrides the default store",
                 "[store]") {
  const node_program node{"--data " + directory + "/data", "BELFRY_STORE=postgresql://nowhere/x"};
  CHECK(node.belfry("submit exec --wait -- true").status == 0);
}

TEST_CASE_METHOD(store_fixture, "a database that cannot keep tasks is refused with the reason",
                 "[store]") {
  const auto refused = [](const std::string& flags) {
    auto outcome = shell(program + " node --port 0 --log-level off " + flags);
    CHECK(outcome.status != 0);
    return outcome.text;
  };
  const auto elsewhere = quoted("postgresql://belfry@/nothere?host=" + directory + "/pg");
  CHECK(refused("--store " + elsewhere).find("\"nothere\" does not exist") != std::string::npos);
  CHECK(refused("--store " + store + " --cluster Not-This").find("expected a small letter") !=
        std::string::npos);
  CHECK(refused("--store mysql://x/y").find("belfry: ") != std::string::npos);
  CHECK(refused("--store 'postgresql://x/y?bogus=1'").find("\"bogus\"") != std::string::npos);
  CHECK(refused("--store " + store + " --data " + directory).find("expected one of them") !=
        std::string::npos);
}
