// A node whose disk fills up, fails or disappears: real file systems, mounted for the test where
// the test may mount one.
#include "node_program.hpp"

#include "support/loop_disk.hpp"

#include <sys/wait.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

using namespace belfry::test;

namespace {

/// A directory with a mount point in it.
struct disk_fixture : temporary_directory {
  disk_fixture() { std::filesystem::create_directory(mount_point); }
  ~disk_fixture() { unmount(); }

  /// Whether that worked; says so in the test's output if not.
  bool mount(const std::string& arguments) {
    const auto outcome = shell("mount " + arguments + " " + mount_point);
    is_mounted = outcome.status == 0;
    if (!is_mounted)
      WARN("skipped, because this test may not mount a file system: " << outcome.text);
    return is_mounted;
  }
  void unmount() {
    if (is_mounted)
      CHECK(shell("umount " + mount_point).status == 0);
    is_mounted = false;
  }
  /// Leaves that much of the mounted disk.
  void fill(std::uint64_t left_bytes) const {
    const auto free = std::filesystem::space(mount_point).available;
    REQUIRE(free > left_bytes);
    REQUIRE(
        shell("head -c " + std::to_string(free - left_bytes) + " /dev/zero >> " + filler).status ==
        0);
  }
  [[nodiscard]] std::size_t lines_with(const std::string& words) const {
    const auto text = log();
    std::size_t count = 0;
    for (auto at = text.find(words); at != std::string::npos; at = text.find(words, at + 1))
      ++count;
    return count;
  }

  const std::string mount_point = directory + "/disk";
  const std::string filler = mount_point + "/filler";
  const std::string data = mount_point + "/data";
  const std::string flags =
      "--shards 1 --log-level info --data " + data + " 2>> " + directory + "/log";
  bool is_mounted = false;
};

constexpr std::uint64_t mebibyte = 1 << 20;
constexpr auto submit_scheduled = "submit exec --in 1h --request-timeout 5s -- true";

/// Repeats the command until it ends with `status`; gives up after many times.
command_result repeat_until(int status, const node_program& node, const std::string& command) {
  command_result outcome;
  for (int i = 0; i < 100 && outcome.status != status; ++i)
    outcome = node.belfry(command);
  return outcome;
}

/// `belfry status` shows it on the standard output, and on the standard error why it ends so.
void check_trouble(const node_program& node, const std::string& reason) {
  const auto shown = node.belfry("status 2>/dev/null");
  CHECK(shown.status == 3);
  CHECK(shown.contains("\nstorage: "));
  CHECK(shown.contains(reason));
  const auto complaint = node.belfry("status 2>&1 >/dev/null");
  CHECK(complaint.status == 3);
  CHECK(complaint.contains("belfry: the node's storage: "));
  CHECK(complaint.contains(reason));
  const auto json = node.belfry("status --json 2>&1 >/dev/null");
  CHECK(json.status == 3);
  CHECK(json.contains(R"("code":"storage")"));
}

void check_no_trouble(const node_program& node) {
  const auto shown = node.belfry("status");
  CHECK(shown.status == 0);
  CHECK_FALSE(shown.contains("storage"));
}

} // namespace

TEST_CASE_METHOD(disk_fixture, "a node with a full disk says so everywhere, and recovers",
                 "[disk]") {
  if (!mount("-t tmpfs -o size=160m tmpfs"))
    return;
  const node_program node{flags};
  std::vector<std::string> ids;
  for (int i = 0; i < 20; ++i)
    ids.push_back(node.belfry(submit_scheduled).word());
  check_no_trouble(node);

  fill(40 * mebibyte);
  auto refused = repeat_until(3, node, submit_scheduled);
  CHECK(refused.status == 3);
  CHECK(refused.contains("nearly full; the task was not accepted in time"));
  refused = node.belfry("submit --stream --request-timeout 5s", "echo '{\"kind\":\"a\"}' |");
  CHECK(refused.status == 3);
  CHECK(refused.contains("line 1: the disk of shard 0 is nearly full"));
  check_trouble(node, "the disk is nearly full");
  CHECK(node.belfry("cancel " + ids[0]).status == 0);

  fill(4 * mebibyte);
  command_result cancelled;
  for (std::size_t i = 1; i < ids.size() && cancelled.status != 3; ++i)
    cancelled = node.belfry("cancel --request-timeout 5s " + ids[i]);
  CHECK(cancelled.status == 3);
  CHECK(cancelled.contains("shard 0 waits for its storage: "));
  for (const auto& query :
       std::vector<std::string>{"queues", "list", "schedules", "explain " + ids.back()}) {
    const auto answer = node.belfry(query);
    CHECK(answer.status == 0);
    CHECK(answer.contains("a crash may undo a part of what is shown"));
  }
  CHECK(node.belfry("get --request-timeout 1s " + ids.back()).status == 3);
  check_trouble(node, "the disk is full");
  CHECK(lines_with("journal.nearly_full") == 1);
  CHECK(lines_with("journal.full") == 1);
  CHECK(lines_with("journal.available") == 0);

  std::filesystem::remove(filler);
  CHECK(repeat_until(0, node, submit_scheduled).status == 0);
  check_no_trouble(node);
  CHECK(lines_with("journal.available") == 1);
  CHECK(lines_with("journal.failed") == 0);
}

TEST_CASE_METHOD(disk_fixture, "a data directory that is gone for a while is used again",
                 "[disk]") {
  const node_program node{flags};
  const auto id = node.belfry(submit_scheduled).word();
  std::filesystem::rename(data, data + ".away");

  const auto refused = node.belfry(submit_scheduled);
  CHECK(refused.status == 3);
  CHECK(refused.contains("the task may or may not have been accepted"));
  const auto shown = node.belfry("status"); // Only once: the node gives up after half a minute.
  CHECK(shown.status == 3);
  CHECK(shown.contains("the journal has failed"));
  CHECK_FALSE(std::filesystem::exists(data));

  std::filesystem::rename(data + ".away", data);
  CHECK(repeat_until(0, node, submit_scheduled).status == 0);
  CHECK(node.belfry("get " + id).status == 0);
  check_no_trouble(node);
  CHECK(lines_with("journal.failed") == 1);
  CHECK(lines_with("[info] journal.reopened") == 1);
}

TEST_CASE_METHOD(disk_fixture, "a node whose data directory was removed acknowledges nothing",
                 "[disk]") {
  node_program node{flags};
  CHECK(node.belfry(submit_scheduled).status == 0);
  std::filesystem::remove_all(data);
  CHECK(node.belfry(submit_scheduled).status == 3);
  const auto ended = node.end(0);
  REQUIRE(WIFEXITED(ended));
  CHECK(WEXITSTATUS(ended) == 1);
  CHECK(log().find("is gone") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(data));
}

TEST_CASE_METHOD(disk_fixture, "a disk that fails ends a node in order, and loses no task",
                 "[disk]") {
  loop_disk disk{directory}; // With the mount point of this fixture.
  if (!disk.mount())
    return;
  std::vector<std::string> ids;
  {
    node_program node{flags};
    for (int i = 0; i < 10; ++i)
      ids.push_back(node.belfry(submit_scheduled).word());
    disk.cut_power();

    CHECK(node.belfry(submit_scheduled).status == 3);
    const auto ended = node.end(0);
    INFO(log());
    REQUIRE(WIFEXITED(ended));
    CHECK(WEXITSTATUS(ended) == 1);
  }
  disk.unmount();
  REQUIRE(disk.mount());
  const node_program node{flags};
  for (const auto& id : ids)
    CHECK(node.belfry("get " + id).status == 0);
}
