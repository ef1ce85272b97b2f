// Tasks and schedules that leave one node as lines of JSON, and reach another.
#include "cli/node_program.hpp"

#include <fstream>

using namespace belfry::test;

namespace {

struct export_fixture : temporary_directory {
  node_program source{"--shards 2 --data " + directory + "/source"};
  node_program target{"--shards 3 --data " + directory + "/target"};
  std::string file = directory + "/tasks.jsonl";

  void export_all(const std::string& flags = "") const {
    const auto outcome =
        shell("BELFRY_NODE=" + source.address() + " " + program + " export " + flags + " >" + file);
    INFO(outcome.text);
    REQUIRE(outcome.status == 0);
  }
};

} // namespace

TEST_CASE_METHOD(export_fixture, "an export submits the tasks of one node to another, once",
                 "[cli]") {
  REQUIRE(source.belfry("pause default").status == 0);
  REQUIRE(source.belfry("submit exec --key plain -- echo keyed").status == 0);
  REQUIRE(source.belfry("submit exec -- echo unkeyed").status == 0);
  REQUIRE(source.belfry("submit mail later --in 1h --priority 9 --queue low").status == 0);
  REQUIRE(source.belfry("submit mail gone --in 1h --key gone").status == 0);
  REQUIRE(source.belfry("cancel --all --queue default --kind mail").status == 0);
  REQUIRE(source.belfry("submit mail --cron @daily --name nightly").status == 0);
  export_all();
  const auto first = target.belfry("import " + file);
  CHECK(first.status == 0);
  CHECK(first.contains("3 tasks accepted, 0 duplicates, 0 refused"));
  CHECK(first.contains("1 schedule added, 0 unchanged"));
  const auto again = target.belfry("import - <" + file);
  CHECK(again.status == 0);
  CHECK(again.contains("0 tasks accepted, 3 duplicates, 0 refused"));
  CHECK(again.contains("0 schedules added, 1 unchanged"));

  const auto keyed = target.belfry("submit exec --key plain --wait -- echo other");
  CHECK(keyed.contains("keyed"));
  const auto later = target.belfry("list --json --kind mail");
  CHECK(later.contains(R"("priority":9)"));
  CHECK(later.contains(R"("state":"scheduled")"));
  CHECK(target.belfry("schedules --json").contains(R"("name":"nightly","state":"active")"));
}

TEST_CASE_METHOD(export_fixture, "an export of one queue has no tasks of others", "[cli]") {
  REQUIRE(source.belfry("submit mail --in 1h --queue low").status == 0);
  REQUIRE(source.belfry("submit wash --in 1h --queue high").status == 0);
  REQUIRE(source.belfry("submit wash --queue high --cron @daily --name nightly").status == 0);
  export_all("--queue low");
  const auto lines = shell("cat " + file);
  CHECK(lines.contains(R"({"kind":"mail",)"));
  CHECK_FALSE(lines.contains("wash"));
}

TEST_CASE_METHOD(export_fixture, "a node refuses to double the tasks of its own export", "[cli]") {
  const auto first = source.belfry("submit mail --in 1h").word();
  REQUIRE(source.belfry("submit mail --in 1h").status == 0);
  export_all();
  const auto refused = source.belfry("import " + file);
  CHECK(refused.status == 1);
  CHECK(refused.contains("still waits on this node"));
  CHECK(refused.contains("0 tasks accepted, 0 duplicates, 2 refused"));
  CHECK(source.belfry("cancel " + first).status == 0);
  CHECK(source.belfry("import " + file).contains("1 tasks accepted, 0 duplicates, 1 refused"));
  CHECK(source.belfry("import --allow-doubles " + file)
            .contains("1 tasks accepted, 1 duplicates, 0 refused"));
}

TEST_CASE_METHOD(export_fixture, "an import replaces a schedule only if it is told to", "[cli]") {
  REQUIRE(source.belfry("submit mail --cron @daily --name nightly").status == 0);
  REQUIRE(target.belfry("submit mail --cron @hourly --name nightly").status == 0);
  export_all();
  const auto refused = target.belfry("import " + file);
  CHECK(refused.status == 1);
  CHECK(refused.contains("line 1: there is a schedule 'nightly' that differs"));
  CHECK(target.belfry("schedules --json").contains("@hourly"));
  CHECK(target.belfry("import --replace " + file).contains("1 replaced"));
  CHECK(target.belfry("schedules --json").contains("@daily"));
}

TEST_CASE_METHOD(export_fixture, "an import tells the line that it cannot submit", "[cli]") {
  std::ofstream{file} << "{\"kind\": \"mail\", \"in\": \"1h\"}\n{\"schedule\": {\"name\": \"a\"}}\n"
                      << "{\"kind\": \"mail\", \"start_by\": \"2020-01-01T00:00:00Z\"}\n";
  const auto outcome = target.belfry("import " + file);
  CHECK(outcome.status == 1);
  CHECK(outcome.contains("line 2: cron is missing in schedule"));
  CHECK(outcome.contains("line 3: start_by is "));
  CHECK(outcome.contains("1 tasks accepted"));

  const auto documents = target.belfry("import --json " + file + " 2>/dev/null");
  const auto place_of = [&documents](int line) {
    return documents.text.find("\"line\":" + std::to_string(line) + "}");
  };
  CHECK(place_of(1) < place_of(2));
  CHECK(place_of(2) < place_of(3));
  CHECK(place_of(3) != std::string::npos);
}

TEST_CASE_METHOD(export_fixture, "an export of large payloads has them all", "[cli]") {
  const auto made = shell("python3 -c \"for i in range(30): print('{\\\"kind\\\": \\\"mail\\\", "
                          "\\\"in\\\": \\\"1h\\\", \\\"payload\\\": \\\"' + 'x' * 200000 + "
                          "str(i) + '\\\"}')\" >" +
                          directory + "/large");
  REQUIRE(made.status == 0);
  REQUIRE(source.belfry("submit --stream --file " + directory + "/large").status == 0);
  export_all();
  CHECK(shell("wc -l <" + file).contains("30"));
  CHECK(target.belfry("import " + file).contains("30 tasks accepted"));
}
