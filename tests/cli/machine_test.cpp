// A node as a guest of its machine: started by shells, cron and service managers of all kinds.
#include "node_program.hpp"

#include "support/descriptor_shortage.hpp"

#include <sys/resource.h>

using namespace belfry::test;

namespace {

struct machine_fixture : temporary_directory {
  const std::string data = "--data " + directory + "/data ";
};

} // namespace

TEST_CASE_METHOD(machine_fixture, "a node runs with its standard descriptors closed", "[machine]") {
  const node_program node{data + "--log-level info <&- 2>&- "};
  const auto result = node.belfry("submit exec --wait -- echo good");
  CHECK(result.status == 0);
  CHECK(result.contains("good"));
}

TEST_CASE_METHOD(machine_fixture, "a shortage of descriptors costs a task no attempt",
                 "[machine]") {
  const node_program node{data + "--log-level info 2> " + directory + "/log"};
  REQUIRE(leave_descriptors(node.pid(), 10)); // A command takes 8 when it starts and keeps 5.
  std::string ids;
  for (int n = 0; n < 4; ++n)
    ids += node.belfry("submit exec --retries 0 --in 3s -- sleep 1").word() + " ";

  CHECK(node.belfry("wait " + ids).status == 0);

  const auto text = log();
  const auto first = text.find("worker.short_of_resources");
  REQUIRE(first != std::string::npos);
  CHECK(text.find("resource=descriptors", first) != std::string::npos);
}

TEST_CASE_METHOD(machine_fixture, "a node refuses slots for which it has no descriptors",
                 "[machine]") {
  const auto result = shell("ulimit -n 256; timeout 60 " + program + " node --slots 33 " + data);
  CHECK(result.status == 2);
  CHECK(result.contains("--slots: is 33"));
  CHECK(result.contains("suffices for 25"));
}

TEST_CASE_METHOD(machine_fixture, "a node raises its soft limit, and its commands keep it",
                 "[machine]") {
  const node_program node{data, "ulimit -Sn 150;"};
  CHECK(node.belfry("submit exec --wait --shell 'ulimit -n'").contains("150"));
  rlimit limit{};
  REQUIRE(prlimit(node.pid(), RLIMIT_NOFILE, nullptr, &limit) == 0);
  CHECK(limit.rlim_cur == limit.rlim_max);
}

TEST_CASE_METHOD(machine_fixture, "a hang-up drains a node as SIGTERM does", "[machine]") {
  std::string id;
  {
    node_program node{data};
    const auto mark = directory + "/started";
    id = node.belfry("submit exec --retries 0 --shell 'echo > " + mark + "; sleep 1'").word();
    REQUIRE(eventually([&] { return std::filesystem::exists(mark); }));
    CHECK(node.end(SIGHUP) == 0);
  }
  const node_program node{data};
  CHECK(node.belfry("wait " + id).status == 0);
}

TEST_CASE_METHOD(machine_fixture, "the status of a node that stops says how long it goes on",
                 "[machine]") {
  node_program node{data + "--grace 1min"};
  const auto started = directory + "/started";
  const auto may_end = directory + "/may_end";
  const auto command =
      "trap \"\" TERM; echo > " + started + "; until [ -e " + may_end + " ]; do sleep 0.1; done";
  REQUIRE(node.belfry("submit exec --shell '" + command + "'").status == 0);
  REQUIRE(eventually([&] { return std::filesystem::exists(started); }));
  CHECK(node.belfry("status").status == 0);

  kill(node.pid(), SIGTERM);

  command_result shown;
  CHECK(eventually([&] {
    shown = node.belfry("status");
    return shown.contains("shards serving, stopping, 5"); // At first a whole minute is left.
  }));
  CHECK(shown.status == 3);
  CHECK(shown.contains("belfry: the node is stopping: what it runs has 5"));
  std::ofstream{may_end} << '\n';
  CHECK(node.end(0) == 0);
}

TEST_CASE_METHOD(machine_fixture, "a node under nohup survives a hang-up", "[machine]") {
  const node_program node{data, "trap '' HUP;"};
  kill(node.pid(), SIGHUP);
  CHECK(node.belfry("submit exec --wait -- true").status == 0);
}

TEST_CASE_METHOD(machine_fixture, "commands get a clean environment if asked for", "[machine]") {
  const node_program node{data + "--clean-env", "AWS_SECRET_ACCESS_KEY=hunter2"};
  const auto result = node.belfry("submit exec --wait -- env");
  CHECK(result.status == 0);
  CHECK_FALSE(result.contains("hunter2"));
  CHECK(result.contains("PATH="));
}

TEST_CASE_METHOD(machine_fixture, "commands do not get what a service manager told the node",
                 "[machine]") {
  const node_program node{data, "NOTIFY_SOCKET=/nowhere"};
  CHECK_FALSE(node.belfry("submit exec --wait -- env").contains("/nowhere"));
}
