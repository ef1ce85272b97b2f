// Commands that wait for tasks, while a real node is slow, dies and comes back.
#include "node_program.hpp"

#include "support/own_loopback.hpp"

#include <algorithm>
#include <memory>

using namespace belfry::test;
using Catch::Contains;

namespace {

/// A command that runs beside the test; its output, both streams together, can be read.
class running_command {
public:
  explicit running_command(const std::string& line)
      : pipe_(popen(("{ " + line + "; echo status $?; } 2>&1").c_str(), "r")) {}
  ~running_command() { pclose(pipe_); }
  running_command(const running_command&) = delete;
  running_command& operator=(const running_command&) = delete;

  /// The next line that says `expected`; waits for it.
  std::string line_with(const std::string& expected) {
    for (;;)
      if (auto line = line_of(pipe_); line.find(expected) != std::string::npos)
        return line;
  }

private:
  FILE* pipe_;
};

/// What stands between `before` and `after` in the line.
std::string between(const std::string& line, const std::string& before, const std::string& after) {
  INFO(line);
  const auto at = line.find(before);
  REQUIRE(at != std::string::npos);
  const auto begin = at + before.size();
  const auto end = line.find(after, begin);
  REQUIRE(end != std::string::npos);
  return line.substr(begin, end - begin);
}

/// The id of the task that the command has submitted.
std::string accepted_id(running_command& submitting) {
  return between(submitting.line_with("accepted"), "belfry: task ", " is accepted");
}

struct waiting_fixture : temporary_directory {
  std::unique_ptr<node_program> node = start("");
  const std::string address = node->address();
  const std::string port = node->port();

  [[nodiscard]] std::unique_ptr<node_program> start(const std::string& flags) const {
    return std::make_unique<node_program>("--bind " + own_loopback() +
                                          " --shards 1 --lease 1s --data " + directory + "/data " +
                                          flags);
  }
  /// As a power cut would do it.
  void kill_node() {
    node->end(SIGKILL);
    node.reset();
  }
  [[nodiscard]] std::string belfry(const std::string& arguments) const {
    return "BELFRY_NODE=" + address + " " + program + " " + arguments;
  }
};

} // namespace

TEST_CASE_METHOD(waiting_fixture, "a wait says the id at once, and after two seconds the reason",
                 "[cli]") {
  running_command waiting{belfry("submit nobody-runs-this x --wait")};
  const auto id = accepted_id(waiting);
  CHECK_THAT(waiting.line_with("belfry:"),
             Contains("belfry: waiting for task " + id + ": ") && Contains("nobody-runs-this"));
  CHECK(shell(belfry("cancel " + id)).status == 0);
  CHECK_THAT(waiting.line_with("task " + id), Contains("cancelled"));
  CHECK(waiting.line_with("status") == "status 1");
}

TEST_CASE_METHOD(waiting_fixture, "the notices of a wait are JSON on the standard error if asked",
                 "[cli]") {
  running_command waiting{belfry("submit nobody-runs-this x --wait --json 2>&1 >/dev/null")};
  const auto id = between(waiting.line_with("notice"), R"({"notice":"accepted","id":")",
                          R"(","is_duplicate":false})");
  CHECK_THAT(waiting.line_with("notice"), Contains(R"({"notice":"waiting","id":")" + id +
                                                   R"(","reason":"no_worker_for_kind","text":)"));
  CHECK(shell(belfry("cancel " + id)).status == 0);
  CHECK(waiting.line_with("status") == "status 1");
}

TEST_CASE_METHOD(waiting_fixture, "a wait outlives the node and gets the outcome", "[cli]") {
  running_command submitting{
      belfry("--request-timeout 60s submit exec --wait --in 8s -- echo good morning")};
  const auto id = accepted_id(submitting);
  running_command waiting{belfry("--request-timeout 60s wait " + id)};
  CHECK_THAT(waiting.line_with("belfry:"), Contains("waiting for task " + id + ": "));

  kill_node();

  CHECK_THAT(submitting.line_with("lost"),
             Contains("belfry: lost " + address) && Contains("Ctrl-C ends the wait"));
  (void)waiting.line_with("lost");
  node = start("--port " + port);
  for (auto* client : {&submitting, &waiting}) {
    (void)client->line_with("task " + id + " succeeded");
    CHECK_THAT(client->line_with("output"), Contains("good morning"));
    CHECK(client->line_with("status") == "status 0");
  }
}

TEST_CASE_METHOD(waiting_fixture, "a wait ends when no node has answered for --request-timeout",
                 "[cli]") {
  running_command submitting{belfry("--request-timeout 3s submit exec --wait --in 1h -- true")};
  const auto id = accepted_id(submitting);
  running_command waiting{belfry("--request-timeout 3s wait " + id)};
  CHECK_THAT(waiting.line_with("belfry:"), Contains("waiting for task " + id + ": "));

  kill_node();

  for (auto* client : {&submitting, &waiting}) {
    CHECK_THAT(client->line_with("lost"), Contains("Ctrl-C ends the wait"));
    CHECK_THAT(client->line_with("no answer for 3s"), Contains("the task goes on"));
    CHECK(client->line_with("status") == "status 3");
  }
}

TEST_CASE_METHOD(waiting_fixture, "a task that was never accepted is not waited for", "[cli]") {
  const auto outcome = shell(belfry("wait 0-281474976710655")); // No shard gives this one.
  CHECK(outcome.status == 4);
  CHECK(outcome.contains("never accepted"));
}

TEST_CASE_METHOD(waiting_fixture, "the limit of a wait is not that of the run", "[cli]") {
  const auto outcome = shell(belfry("submit nobody-runs-this x --wait --wait-timeout 100ms"));
  CHECK(outcome.status == 5);
  CHECK(outcome.contains(" is accepted"));
  CHECK(outcome.contains("not settled yet"));
  const std::string before = "belfry: task ";
  const auto begin = outcome.text.find(before) + before.size();
  const auto id = outcome.text.substr(begin, outcome.text.find(' ', begin) - begin);
  CHECK(shell(belfry("get " + id)).contains("ready"));
  CHECK(shell(belfry("wait " + id + " --wait-timeout 100ms")).status == 5);
  CHECK(shell(belfry("wait " + id + " --timeout 100ms")).status == 5);

  for (const std::string name : {"--run-timeout", "--timeout"})
    CHECK(shell(belfry("submit exec --retries 0 --wait " + name + " 100ms -- sleep 60"))
              .contains("dead"));
}

TEST_CASE_METHOD(waiting_fixture, "tasks that are waited for are printed as they end", "[cli]") {
  const auto slow = shell(belfry("submit exec --in 5s -- true")).word();
  const auto failing = shell(belfry("submit exec --retries 0 -- false")).word();
  const auto ids = slow + " " + failing;
  CHECK(shell(belfry("wait " + failing)).status == 1);

  const auto text = shell(belfry("wait " + ids));
  CHECK(text.status == 1);
  const auto first = text.text.find("task " + failing + " dead");
  CHECK(first < text.text.find("task " + slow + " succeeded"));
  CHECK(text.contains("task " + slow + " succeeded"));

  const auto documents = shell(belfry("wait --json " + ids + " 2>/dev/null"));
  CHECK(documents.status == 1);
  CHECK(std::count(documents.text.begin(), documents.text.end(), '\n') == 2);
  CHECK(documents.contains(R"({"id":")" + slow + R"(","kind":"exec")"));
  CHECK(documents.contains(R"({"id":")" + failing + R"(","kind":"exec")"));
}

TEST_CASE_METHOD(waiting_fixture, "a wait for several tasks ends with the highest status",
                 "[cli]") {
  const auto open = shell(belfry("submit nobody-runs-this x")).word();
  const auto failing = shell(belfry("submit exec --retries 0 -- false")).word();
  CHECK(shell(belfry("wait " + failing)).status == 1);
  CHECK(shell(belfry("wait 0-1 " + failing)).status == 4);
  CHECK(shell(belfry("wait " + failing + " 0-1")).status == 4);

  const auto outcome = shell(belfry("wait --json --wait-timeout 1s " + open + " 0-1 " + failing));
  CHECK(outcome.status == 5);
  CHECK(outcome.contains(R"({"error":{"code":"timed_out","what":"timed out: not settled yet"},)"
                         R"("id":")" +
                         open + R"("})"));
  CHECK(std::count(outcome.text.begin(), outcome.text.end(), '\n') == 3);
}

TEST_CASE_METHOD(waiting_fixture, "a wait explains the first five tasks that do not end", "[cli]") {
  std::string ids;
  for (int i = 0; i < 7; ++i)
    ids += " " + shell(belfry("submit nobody-runs-this x")).word();
  const auto outcome = shell(belfry("wait --wait-timeout 4s" + ids));
  CHECK(outcome.status == 5);
  CHECK(outcome.contains("waiting for 2 more: belfry explain ID says why"));
  CHECK(outcome.contains("runs 'nobody-runs-this'"));
}

TEST_CASE("a limit has one name at a time, and a wait's limit needs a wait", "[cli]") {
  for (const auto* arguments :
       {"submit mail --wait-timeout 1s", "submit mail --run-timeout 1s --timeout 1s",
        "wait 0-1 --wait-timeout 1s --timeout 1s"})
    CHECK(shell(program + " " + arguments).status == 2);
}
