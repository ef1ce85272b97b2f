// Streams of tasks whose writer waits for the answers, and streams with blank lines.
#include "node_program.hpp"

#include <fstream>

using namespace belfry::test;

namespace {

struct stream_fixture : temporary_directory, node_program {
  stream_fixture() : node_program("--shards 1 --data " + directory + "/data") {}

  /// Runs a shell script beside a stream: `$in` and `$out` are its input and its output. A stream
  /// that does not answer ends the script after a minute.
  [[nodiscard]] command_result talk(const std::string& script,
                                    const std::string& flags = "") const {
    const auto path = directory + "/talk.sh";
    std::ofstream{path} << "mkfifo in out\n"
                        << program << " --json submit --stream " << flags
                        << " <in >out 2>errors &\n"
                        << "exec 3>in 4<out\n"
                        << script << "\nexec 3>&-\ncat <&4\nwait $!\necho status $?\ncat errors\n";
    return shell("cd " + directory + " && BELFRY_NODE=" + address() + " timeout 60 sh " + path);
  }
};

} // namespace

TEST_CASE_METHOD(stream_fixture, "a stream answers a line before the next one comes", "[cli]") {
  const auto outcome = talk(R"(for kind in a b c; do
  echo '{"kind": "'$kind'", "in": "1h"}' >&3
  read -r answer <&4
  echo "$kind: $answer"
done)");
  INFO(outcome.text);
  CHECK(outcome.contains(R"(a: {"id":"0-)"));
  CHECK(outcome.contains(R"(c: {"id":"0-)"));
  CHECK(outcome.contains(R"("line":3})"));
  CHECK(outcome.contains("status 0"));
  CHECK(outcome.contains("3 tasks accepted"));
}

TEST_CASE_METHOD(stream_fixture, "a stream answers while a line has come in part", "[cli]") {
  const auto outcome = talk(R"(printf '%s\n%s' '{"kind": "a", "in": "1h"}' '{"kind": ' >&3
read -r answer <&4
echo "first: $answer"
printf '%s\n' '"b", "in": "1h"}' >&3
read -r answer <&4
echo "second: $answer")");
  INFO(outcome.text);
  CHECK(outcome.contains(R"(first: {"id":"0-)"));
  CHECK(outcome.contains(R"(second: {"id":"0-)"));
  CHECK(outcome.contains("2 tasks accepted, 0 duplicates, 0 refused"));
}

TEST_CASE_METHOD(stream_fixture, "blank lines of a stream are skipped and counted", "[cli]") {
  const auto file = directory + "/tasks.jsonl";
  std::ofstream{file} << "\n{\"kind\": \"a\", \"in\": \"1h\"}\r\n \t\r\n"
                      << "{\"kind\": \"b\", \"in\": \"1h\"}\n\n";
  const auto outcome = belfry("--json submit --stream --file " + file);
  CHECK(outcome.status == 0);
  CHECK(outcome.contains("2 tasks accepted, 0 duplicates, 0 refused"));
  CHECK(outcome.contains("\"line\":2}"));
  CHECK(outcome.contains("\"line\":4}"));
  CHECK_FALSE(outcome.contains("\"line\":1}"));
}

TEST_CASE_METHOD(stream_fixture, "a stream says that its line is not answered", "[cli]") {
  const auto outcome =
      talk("echo '{\"kind\": \"a\", \"in\": \"1h\"}' >&3\nread -r answer <&4\n"
           "kill -STOP " +
               std::to_string(pid()) +
               "\necho '{\"kind\": \"b\", \"in\": \"1h\"}' >&3\n"
               "until grep no_answer errors; do sleep 0.1; done\n"
               "kill -CONT " +
               std::to_string(pid()) + "\nread -r answer <&4\necho \"late: $answer\"",
           "--request-timeout 3s");
  INFO(outcome.text);
  CHECK(outcome.contains(R"({"notice":"no_answer","line":2})"));
  CHECK(outcome.contains(R"(late: {"id":"0-)"));
}
