// A node under load is backed up, and its backup restored in another directory.
#include "cli/node_program.hpp"
#include "support/own_loopback.hpp"

#include <memory>
#include <string>
#include <vector>

using namespace belfry::test;

namespace {

struct backup_fixture : temporary_directory {
  std::string backups = directory + "/backups";
  std::string copy = backups + "/copy";
  std::string restored = directory + "/restored";
  std::unique_ptr<node_program> node = start(directory + "/data", "--backups " + prepared(backups));
  const std::string address = node->address();

  static std::unique_ptr<node_program> start(const std::string& data, const std::string& flags) {
    return std::make_unique<node_program>("--bind " + own_loopback() +
                                          " --shards 2 --lease 2s --data " + data + " " + flags);
  }
  static std::string prepared(const std::string& path) {
    std::filesystem::create_directory(path);
    return path;
  }
  /// Kills the node, restores the backup, and starts a node on it where the other one was.
  void restore() {
    const auto port = node->port();
    node->end(SIGKILL);
    node.reset();
    const auto outcome = shell(program + " restore " + copy + " " + restored);
    INFO(outcome.text);
    REQUIRE(outcome.status == 0);
    REQUIRE(outcome.contains("2 shards"));
    node = start(restored, "--port " + port);
  }
  [[nodiscard]] command_result in_directory(const std::string& script) const {
    return shell("cd " + directory + " && BELFRY_NODE=" + address + " timeout 60 sh -c '" + script +
                 "'");
  }
  /// Until the command prints the text.
  void wait_for(const std::string& command, const std::string& text) const {
    const auto outcome =
        in_directory("until " + command + " | grep -q \"" + text + "\"; do :; done");
    INFO(command << ": " << text << "\n" << outcome.text);
    REQUIRE(outcome.status == 0);
  }
};

/// Submits a task each millisecond, until there is the file `stop`; the outcomes go to `acks`.
class steady_stream {
public:
  explicit steady_stream(const backup_fixture& fixture)
      : fixture_(fixture), pipe_(popen(("cd " + fixture.directory + " && python3 -uc '" +
                                        generator + "' | BELFRY_NODE=" + fixture.address + " " +
                                        program + " --json submit --stream >acks 2>errors")
                                           .c_str(),
                                       "r")) {}
  ~steady_stream() { end(); }
  steady_stream(const steady_stream&) = delete;
  steady_stream& operator=(const steady_stream&) = delete;

  void wait_for_more(int count) const {
    const auto outcome =
        fixture_.in_directory("wanted=$(($(wc -l <acks) + " + std::to_string(count) +
                              ")); until [ $(wc -l <acks) -ge $wanted ]; do :; done");
    INFO(outcome.text);
    REQUIRE(outcome.status == 0);
  }
  void end() {
    if (!pipe_)
      return;
    (void)fixture_.in_directory("touch stop");
    pclose(std::exchange(pipe_, nullptr));
  }

private:
  static constexpr auto generator = R"(
import os, time
while not os.path.exists("stop"):
    print("{\"kind\": \"mail\", \"in\": \"1h\", \"payload\": \"" + "x" * 500 + "\"}")
    time.sleep(0.001))";

  const backup_fixture& fixture_;
  FILE* pipe_;
};

} // namespace

TEST_CASE_METHOD(backup_fixture, "a backup under load has every task that was acknowledged before",
                 "[cli]") {
  {
    steady_stream load{*this};
    load.wait_for_more(500);
    REQUIRE(shell("cp " + directory + "/acks " + directory + "/before").status == 0);
    const auto outcome = node->belfry("backup " + copy);
    REQUIRE(outcome.status == 0);
    CHECK(outcome.contains("2 shards"));
    CHECK(outcome.contains("acknowledged before"));
    load.wait_for_more(100); // The node goes on.
  }
  restore();
  const auto ids = [](const std::string& from, const std::string& to) {
    return from + " | grep -o \"\\\"id\\\":\\\"[^\\\"]*\\\"\" | sort >" + to + "; ";
  };
  const auto missing = in_directory(ids("cat before", "expected") +
                                    ids(program + " list --json --limit 1000000", "found") +
                                    "wc -l <expected; comm -23 expected found | wc -l");
  INFO(missing.text);
  CHECK(std::atoi(missing.text.c_str()) >= 500);
  CHECK(missing.text.substr(missing.text.find('\n') + 1).find("0\n") == 0);
}

TEST_CASE_METHOD(backup_fixture, "a worker that lived through a restore settles only its own tasks",
                 "[cli]") {
  const worker_program worker{"--name lived --join " + address + " --log-level off"};
  wait_for(program + " status --json", "lived");
  REQUIRE(node->belfry("backup " + copy).status == 0);
  std::vector<std::string> lost;
  for (int i = 0; i < 3; ++i) // They fill all slots, those of the worker too.
    lost.push_back(node->belfry("submit exec --shell \"touch " + directory + "/begun-" +
                                std::to_string(i) + "; sleep 3; echo stale; touch " + directory +
                                "/ended\"")
                       .word());
  for (int i = 0; i < 3; ++i)
    wait_for("ls", "begun-" + std::to_string(i));
  restore();
  for (int i = 0; i < 3; ++i) {
    const auto fresh = node->belfry("submit exec --wait -- echo fresh");
    CHECK(fresh.status == 0);
    CHECK(fresh.contains("fresh"));
    CHECK_FALSE(fresh.contains("stale"));
  }
  wait_for(program + " status --json", R"(lived[^{}]*\"running\":0)");
  for (const auto& id : lost)
    CHECK(node->belfry("get " + id).status == 4);
  const auto known = node->belfry("list --json --state succeeded");
  CHECK(known.contains("fresh"));
  CHECK_FALSE(known.contains("stale"));
}

TEST_CASE_METHOD(backup_fixture, "a run that began before a backup ends once after its restore",
                 "[cli]") {
  const worker_program worker{"--name lived --join " + address + " --log-level off"};
  wait_for(program + " status --json", "lived");
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i)
    ids.push_back(node->belfry("submit exec --shell \"touch " + directory + "/begun-" +
                               std::to_string(i) + "; sleep 2; echo done\"")
                      .word());
  for (int i = 0; i < 3; ++i)
    wait_for("ls", "begun-" + std::to_string(i));
  REQUIRE(node->belfry("backup " + copy).status == 0);
  restore();
  for (const auto& id : ids) {
    const auto outcome = node->belfry("wait " + id + " --wait-timeout 60s");
    CHECK(outcome.status == 0);
    CHECK(node->belfry("get --json " + id).contains(R"("output":"done)"));
  }
}

TEST_CASE_METHOD(backup_fixture, "a backup that cannot be made says why, and the node goes on",
                 "[cli]") {
  const auto elsewhere = node->belfry("backup " + directory + "/elsewhere");
  CHECK(elsewhere.status == 1);
  CHECK(elsewhere.contains("is not in " + backups));
  CHECK_FALSE(std::filesystem::exists(directory + "/elsewhere"));
  CHECK(node->belfry("backup copy").contains("absolute path"));
  CHECK(node->belfry("submit exec --wait -- true").status == 0);
  const auto open = shell(program + " restore " + directory + "/data " + restored);
  CHECK(open.status == 3);
  CHECK(open.contains("a process has this data directory open"));
  CHECK(shell(program + " restore " + directory + " " + restored).contains("holds no journal"));
  const auto made = node->belfry("--json backup " + copy + "/");
  CHECK(made.status == 0);
  CHECK(made.contains("\"shards\":2"));
  CHECK(node->belfry("backup " + copy).contains("exists already"));
}

TEST_CASE("a node makes backups only if it was started to", "[cli]") {
  const temporary_directory scratch;
  const node_program node{"--shards 1 --data " + scratch.directory + "/data"};
  const auto refused = node.belfry("backup " + scratch.directory + "/copy");
  CHECK(refused.status == 1);
  CHECK(refused.contains("start it with --backups DIR"));
  CHECK_FALSE(std::filesystem::exists(scratch.directory + "/copy"));
  const auto none = shell("timeout 60 " + program + " node --data " + scratch.directory +
                          "/other --backups " + scratch.directory + "/none");
  CHECK(none.status == 1);
  CHECK(none.contains("/none: is no directory"));
  const auto inside = shell("timeout 60 " + program + " node --data " + scratch.directory +
                            "/other --backups " + scratch.directory + "/other");
  CHECK(inside.status == 1);
  CHECK(inside.contains("/other: is in the data directory"));
  const auto database = shell(program + " node --store postgresql:// --backups /var/backups");
  CHECK(database.status == 2);
  CHECK(database.contains("--backups: is for a node with --data"));
}
