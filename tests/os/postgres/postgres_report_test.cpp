#include "os/postgres/postgres_report.hpp"

#include "os/postgres/postgres_schema.hpp"
#include "postgres_fixture.hpp"

namespace belfry {

TEST_CASE_METHOD(postgres_fixture, "a cluster that was never created is reported as such",
                 "[postgres]") {
  const auto report = read_postgres_report(options.target);

  REQUIRE(report.ok());
  CHECK(report->schema_version == 0);
  CHECK(report->rows.empty());
  CHECK(report->server_version.starts_with("15"));
  CHECK(contains_all(report->database, {"database 'postgres'"}));
}

TEST_CASE_METHOD(postgres_fixture, "a report has the epoch, the head and the size of each shard",
                 "[postgres]") {
  open();
  open();
  REQUIRE(append(std::string(100, 'a')).ok());
  REQUIRE(append(std::string(200, 'b')).ok());
  const object part{"part", std::string(1'000, 'c')};
  const std::vector<std::string> keys{"part"};
  REQUIRE(store->put(shard, ownership.epoch, {&part, 1}).ok());
  REQUIRE(store->commit_snapshot(shard, ownership.epoch, 2, keys).ok());

  const auto report = read_postgres_report(options.target);

  REQUIRE(report.ok());
  CHECK(report->schema_version == postgres_schema_version);
  CHECK(report->shard_count == 3);
  CHECK(report->synchronous_commit == "on");
  CHECK(report->synchronous_standbys == 0);
  REQUIRE(report->rows.size() == 1); // The other shards were never acquired.
  const auto& row = report->rows[0];
  CHECK(row.shard == shard.value);
  CHECK(row.epoch == 2);
  CHECK(row.head == 3);
  CHECK(row.snapshot == 2);
  CHECK(row.journal_bytes >= 200); // The events after the snapshot, with their frames.
  CHECK(row.journal_bytes < 300);
  CHECK(row.object_bytes >= 1'000);
  CHECK(row.object_bytes < 1'100);
}

TEST_CASE_METHOD(postgres_fixture, "a report on an unreachable server fails with the reason",
                 "[postgres]") {
  options.target.uri = "postgresql://belfry@/postgres?host=" + server.file("nowhere");

  CHECK(read_postgres_report(options.target).error().code == errc::unavailable);
}

} // namespace belfry
