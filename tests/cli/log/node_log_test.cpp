// The log of a node.
#include "cli/node_program.hpp"

#include <nlohmann/json.hpp>

#include <csignal>
#include <sstream>
#include <string>
#include <vector>

using namespace belfry::test;
using Catch::Contains;

namespace {

struct logged_node : temporary_directory {
  /// Starts a node with these flags and stops it. Returns the lines of its log.
  std::vector<std::string> lines_with(const std::string& flags) {
    node_program node{"--name tower --log-level info --shards 1 " + flags + " --data " + directory +
                      "/data 2>" + directory + "/log"};
    pid = node.pid();
    CHECK(node.end(SIGTERM) == 0);
    std::vector<std::string> lines;
    std::istringstream rest{log()};
    for (std::string line; std::getline(rest, line);)
      lines.push_back(line);
    return lines;
  }

  int pid = 0;
};

} // namespace

TEST_CASE_METHOD(logged_node, "every line of a log in JSON is an object", "[cli]") {
  const auto lines = lines_with("--log-format json");
  CHECK(lines.size() > 3);
  std::string messages;
  for (const auto& line : lines) {
    INFO(line);
    const auto object = nlohmann::json::parse(line, nullptr, false);
    REQUIRE(object.is_object());
    CHECK(object.value("node", "") == "tower");
    CHECK(object.value("pid", 0) == pid);
    CHECK_FALSE(object.value("level", "").empty());
    CHECK(object.value("time", "").size() == std::string{"2026-11-24T12:00:00.250Z"}.size());
    messages += object.value("message", "") + "\n";
  }
  CHECK_THAT(messages, Contains("node.started name=tower "));
  CHECK_THAT(messages, Contains("node.stopped name=tower\n"));
}

TEST_CASE_METHOD(logged_node, "a log is text unless JSON is wanted", "[cli]") {
  for (const std::string flags : {"", "--log-format text"}) {
    const auto lines = lines_with(flags);
    REQUIRE_FALSE(lines.empty());
    CHECK_THAT(lines.front(), Contains("[info] "));
  }
  const auto refused = shell(program + " node --data x --log-format xml");
  CHECK(refused.status == 2);
  CHECK(refused.contains("--log-format: is 'xml', expected one of text, json"));
}
