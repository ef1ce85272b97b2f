// Input that the program must not take for something else: through a real shell, mostly with a
// node.
#include "node_program.hpp"

#include <fstream>

using namespace belfry::test;

namespace {

struct input_fixture : temporary_directory, node_program {
  input_fixture() : node_program("--shards 1 --data " + directory + "/data") {}

  [[nodiscard]] std::string write(const std::string& name, const std::string& content) const {
    const auto path = directory + "/" + name;
    std::ofstream{path} << content;
    return path;
  }
  /// The payload of the only task of this queue, as `get` prints it in JSON.
  [[nodiscard]] std::string payload_in(const std::string& queue) const {
    const auto listed = belfry("list --json --queue " + queue).text;
    const std::string mark = "\"id\":\"";
    const auto begin = listed.find(mark);
    REQUIRE(begin != std::string::npos);
    const auto id = listed.substr(begin + mark.size(),
                                  listed.find('"', begin + mark.size()) - begin - mark.size());
    return belfry("get --json " + id).text;
  }
};

} // namespace

TEST_CASE_METHOD(input_fixture, "a read error is not the end of the input", "[cli]") {
  for (const auto* arguments : {"submit --stream --file ", "submit mail - <", "submit mail --file ",
                                "submit --stream <", "import-crontab --prune "}) {
    const auto outcome = belfry(arguments + directory);
    CHECK(outcome.status == 1);
    CHECK(outcome.contains("cannot read "));
    CHECK(outcome.contains("Is a directory"));
  }
  CHECK(belfry("list").contains("no tasks match"));
}

TEST_CASE_METHOD(input_fixture, "an empty variable counts as unset, an empty option is refused",
                 "[cli]") {
  const std::string empty = "BELFRY_STORE= BELFRY_TLS_CERT= BELFRY_TLS_KEY= BELFRY_TLS_CA= "
                            "BELFRY_TLS_ALLOW= BELFRY_SECRET_FILE= BELFRY_INSECURE= ";
  CHECK(belfry("status", empty).status == 0);
  CHECK(shell("BELFRY_NODE= " + program + " status --port " + port()).status == 0);
  const auto unnamed = shell(empty + program + " store check");
  CHECK(unnamed.status == 2);
  CHECK(unnamed.contains("URI is required"));
  // Without a store it would be a worker of the node that others name, which does not answer.
  const auto worker =
      shell(empty + "BELFRY_NODE=127.0.0.1:1 " + program + " node --request-timeout 1s");
  CHECK(worker.status == 2);
  CHECK(worker.contains("needs --data DIR or --store URI to keep tasks, or --join HOST:PORT"));

  for (const std::string command : {"node --store ''", "node --data ''", "store check ''",
                                    "status --host ''", "status --secret-file ''"}) {
    const auto refused = belfry(command);
    CHECK(refused.status == 2);
    CHECK(refused.contains("is empty"));
  }
}

TEST_CASE_METHOD(input_fixture, "a standard input that is closed is not an empty one", "[cli]") {
  for (const std::string arguments : {"submit mail -", "submit mail --file -", "submit --stream",
                                      "submit exec --file - -- cat", "import-crontab --prune -"}) {
    const auto outcome = belfry(arguments + " <&-");
    CHECK(outcome.status == 1);
    CHECK(outcome.contains("cannot read the standard input: it is closed"));
  }
  CHECK(belfry("list").contains("no tasks match"));
}

TEST_CASE_METHOD(input_fixture, "an import that failed upstream removes no schedules", "[cli]") {
  CHECK(belfry("import-crontab -", "echo '@daily one' |").contains("1 schedule added"));
  const auto empty = belfry("import-crontab - --prune", "false |");
  CHECK(empty.status == 1);
  CHECK(empty.contains("the standard input is empty"));
  CHECK(belfry("schedules").contains("@daily"));
  CHECK(belfry("import-crontab - --prune", "echo '#' |").contains("1 removed"));
}

TEST_CASE_METHOD(input_fixture, "no line of a stream ends the stream", "[cli]") {
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  const auto file = write("tasks.jsonl", R"({"kind": "a", "in": "1h"})"
                                         "\n{\"kind\": \"b\", \"payload\": " +
                                             deep + "}\n" + R"({"kind": "c", "in": "1h"})" + "\n");
  const auto all = belfry("submit --stream --file " + file);
  CHECK(all.status == 1);
  CHECK(all.contains("2 tasks accepted, 0 duplicates, 1 refused"));
  CHECK(all.contains("line 2: not a JSON document: at byte 89: "));
}

TEST_CASE_METHOD(input_fixture, "a JSON payload reaches the task byte for byte", "[cli]") {
  const auto file =
      write("tasks.jsonl", R"({"kind": "k", "queue": "exact", "in": "1h", "payload": )"
                           R"({"z":1,"a":18446744073709551616, "p":1.10,"e":1E400,"a":2}})"
                           "\n");
  CHECK(belfry("submit --stream --file " + file).status == 0);
  CHECK_THAT(
      payload_in("exact"),
      Catch::Contains(
          R"("payload":"{\"z\":1,\"a\":18446744073709551616, \"p\":1.10,\"e\":1E400,\"a\":2}")"));
}

TEST_CASE_METHOD(input_fixture, "an import updates schedules that are otherwise on the node",
                 "[cli]") {
  const auto file = write("jobs.cron", "0 3 * * * one\n");
  CHECK(belfry("import-crontab --tz UTC " + file).contains("1 schedule added, 0 unchanged"));
  CHECK(belfry("import-crontab --tz UTC " + file).contains("0 schedules added, 1 unchanged"));
  const auto moved = belfry("import-crontab --tz Europe/Berlin --queue night " + file);
  CHECK(moved.contains("0 schedules added, 1 updated, 0 unchanged"));
  const auto stored = belfry("schedules --json");
  CHECK(stored.contains("\"zone\":\"Europe/Berlin\""));
  CHECK(stored.contains("\"queue\":\"night\""));
}

TEST_CASE_METHOD(input_fixture, "an import removes schedules of its owner only", "[cli]") {
  const auto file = write("jobs.cron", "0 3 * * * one\n");
  const auto longer = write("jobs.cron#x", "0 3 * * * one\n");
  REQUIRE(belfry("import-crontab " + file).status == 0);
  REQUIRE(belfry("import-crontab '" + longer + "'").status == 0);
  REQUIRE(belfry("import-crontab - --owner anna", "echo '@daily one' |").status == 0);
  const auto other = belfry("import-crontab - --owner ben", "echo '@daily two' |");
  CHECK(other.contains("1 schedule added, 0 unchanged, 0 removed"));
  const auto edited = belfry("import-crontab - --owner anna", "echo '@daily three' |");
  CHECK(edited.contains("1 schedule added, 0 unchanged, 1 removed"));
  (void)write("jobs.cron", "# none\n");
  CHECK(belfry("import-crontab --prune " + file)
            .contains("0 schedules added, 0 unchanged, 1 removed"));
  const auto left = belfry("schedules --json");
  CHECK(left.contains("jobs.cron#x#"));
  CHECK(left.contains("crontab:ben#"));
  CHECK(left.contains("crontab:anna#"));
  CHECK(belfry("import-crontab - --owner anna", "false |").status == 1);
}

TEST_CASE_METHOD(input_fixture, "lines of an import belong to the worker's user, or need runuser",
                 "[cli]") {
  const auto file = write("jobs.cron", "@daily one\n");
  REQUIRE(belfry("import-crontab --worker-user nobody " + file).status == 0);
  const auto direct = belfry("schedules --json");
  CHECK(direct.contains(R"(\"USER\":\"nobody\")"));
  CHECK_FALSE(direct.contains("runuser"));
  REQUIRE(
      belfry("import-crontab --worker-user nobody --user root - ", "cat " + file + " |").status ==
      0);
  CHECK(belfry("schedules --json").contains("runuser"));
}

TEST_CASE_METHOD(input_fixture, "a retry limit that the program accepts is one of the node",
                 "[cli]") {
  CHECK(belfry("submit mail --in 1h --retries 9999").status == 0);
  const auto submitted = belfry("submit mail --in 1h --retries 010");
  REQUIRE(submitted.status == 0);
  CHECK(belfry("get " + submitted.word() + " --json").contains("\"attempts_max\":11"));
}

TEST_CASE_METHOD(input_fixture, "a file that holds no command is no task of the kind exec",
                 "[cli]") {
  const auto bad = belfry("submit exec --file " + write("command.json", "ls -l"));
  CHECK(bad.status == 1);
  CHECK(bad.contains("the payload of a task of the kind exec: "));
  CHECK_FALSE(bad.contains("json.exception"));
  const auto stream = belfry("submit --stream", "echo '{\"kind\": \"exec\"}' |");
  CHECK(stream.status == 1);
  CHECK(stream.contains("line 1: the payload of a task of the kind exec: "));
  CHECK(belfry("list").contains("no tasks match"));
  const auto good = write("good.json", R"({"command": ["true"]})");
  CHECK(belfry("submit exec --wait --file " + good).status == 0);
}

TEST_CASE("an empty or misread option is a usage error", "[cli]") {
  for (const auto* arguments : {"submit exec --cron '' --name nightly -- touch x",
                                "submit mail --key ''",
                                "submit mail --queue ''",
                                "submit mail --file ''",
                                "submit ''",
                                "submit --key= mail x",
                                "list --queue ''",
                                "--host '' list",
                                "import-crontab f --name ''",
                                "node --data ''",
                                "submit mail --retries 10000",
                                "submit mail --retries 0x10",
                                "list --limit 1e3",
                                "node --data d --payload-max 99999999999999999999",
                                "submit mail --in 0.0001s",
                                "submit mail --at 2026-11-24T12:00+99:99",
                                "submit exec --env NAME -- true",
                                "submit exec",
                                "submit exec --cron '* * * * *' --name e",
                                "submit exec --cron @daily --name x --catch-up 1001 -- true"}) {
    const auto outcome = shell(program + " " + arguments);
    INFO(arguments << "\n" << outcome.text);
    CHECK(outcome.status == 2);
    CHECK(outcome.contains("--help"));
  }
}

TEST_CASE_METHOD(input_fixture, "a time zone that cannot be read is a usage error", "[cli]") {
  const auto file = write("jobs.cron", "0 3 * * * one\n");
  for (const std::string zone : {"CET-1CEST,M3.5.0,M10.5.0/3", "UTC+2", "Europe/Berln"}) {
    const auto outcome = belfry("import-crontab " + file, "TZ=" + zone);
    CHECK(outcome.status == 2);
    CHECK(outcome.contains("TZ is '" + zone + "', which is not in the time-zone database"));
    CHECK(belfry("import-crontab --dry-run --tz UTC " + file, "TZ=" + zone).status == 0);
    CHECK(belfry("pause mail", "TZ=" + zone).status == 0);
  }
  for (const std::string zone : {":Europe/Berlin", "/usr/share/zoneinfo/Europe/Berlin"})
    CHECK(belfry("import-crontab --dry-run " + file, "TZ=" + zone).contains("Europe/Berlin"));
}
