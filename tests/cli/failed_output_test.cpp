// Commands whose standard output cannot be written: scripts must not take them for successful.
#include "node_program.hpp"

using namespace belfry::test;

namespace {

struct output_fixture : temporary_directory, node_program {
  output_fixture() : node_program("--shards 1 --data " + directory + "/data") {}

  /// Lines without an end: only a stream that stops by itself comes to an end.
  const std::string lines = R"(yes '{"kind": "k", "in": "1h"}' |)";
};

} // namespace

TEST_CASE_METHOD(output_fixture, "a command whose output cannot be written fails", "[cli]") {
  const std::string output = GENERATE(as<std::string>{}, " >/dev/full", " >&-");
  for (const std::string arguments : {"submit mail --in 1h", "--json submit mail --in 1h", "list",
                                      "--json list", "status", "--help"}) {
    const auto outcome = belfry(arguments + output);
    CHECK(outcome.status == 1);
    CHECK(outcome.contains("cannot write to the standard output"));
  }
  const auto submitted = belfry("submit mail --in 1h" + output);
  CHECK(submitted.contains("belfry: task 0-"));
  CHECK(submitted.contains(" is accepted"));
  CHECK(belfry("get 0-1" + output).status == 4); // It prints nothing there.
  CHECK(belfry("list").contains("mail"));
}

TEST_CASE_METHOD(output_fixture, "a stream whose output cannot be written stops, and says where",
                 "[cli]") {
  for (const std::string output : {" >/dev/full", " >&-"}) {
    const auto outcome = belfry("--json submit --stream" + output, lines);
    CHECK(outcome.status == 1);
    CHECK(outcome.contains(" tasks accepted"));
    CHECK(outcome.contains("the standard output failed: it may lack the outcomes of the lines "
                           "after line 0; stopped after line "));
  }
  const auto finite = belfry("--json submit --stream >/dev/full", "echo '{\"kind\": \"k\"}' |");
  CHECK(finite.status == 1);
  CHECK(finite.contains("it may lack the outcomes of the lines after line 0"));

  const auto summary = belfry("submit --stream >/dev/full", "echo '{\"kind\": \"k\"}' |");
  CHECK(summary.status == 1);
  CHECK(summary.contains("1 tasks accepted"));
}

TEST_CASE_METHOD(output_fixture, "a stream whose reader has ended stops, and says where", "[cli]") {
  const auto outcome = belfry("--json submit --stream; echo status $? >&2; } | true", "{ " + lines);
  CHECK(outcome.contains("status 1"));
  CHECK(outcome.contains("stopped after line "));
  CHECK_FALSE(outcome.contains("cannot write")); // As under head.
}

TEST_CASE_METHOD(temporary_directory, "a node goes on though nobody can read its address",
                 "[cli]") {
  const auto said = directory + "/said";
  const auto outcome =
      shell(program + " node --port 0 --log-level off --data " + directory + "/data >/dev/full 2>" +
            said + " & node=$!; while kill -0 $node && ! grep 'cannot write the node.s address' " +
            said + "; do sleep 0.1; done; kill $node; wait $node");
  CHECK(outcome.status == 0);
  CHECK(outcome.contains("cannot write the node's address"));
}
