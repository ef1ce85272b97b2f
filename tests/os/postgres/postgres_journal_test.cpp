#include "os/postgres/postgres_journal.hpp"

#include "os/postgres/postgres_report.hpp"
#include "os/postgres/postgres_schema.hpp"
#include "postgres_fixture.hpp"

#include <fstream>

namespace belfry {

TEST_CASE_METHOD(postgres_fixture, "a cluster's number of shards is stored and cannot change",
                 "[postgres]") {
  CHECK(*cluster_shard_count(options.target) == 16);
  open();
  CHECK(*cluster_shard_count(options.target) == 3);

  options.shards = 4;
  const auto error = open_failure();
  CHECK(error.code == errc::invalid_argument);
  CHECK(contains_all(error.what, {options.target.cluster, "created for 3 shards, not for 4"}));

  options.shards = 0;
  open();
}

TEST_CASE_METHOD(postgres_fixture, "a new cluster requires a number of shards", "[postgres]") {
  options.shards = 0;

  const auto error = open_failure();

  CHECK(error.code == errc::invalid_argument);
  CHECK(contains_all(error.what, {options.target.cluster, "say how many shards"}));
}

TEST_CASE_METHOD(postgres_fixture, "clusters of different names share a database and nothing else",
                 "[postgres]") {
  open();
  REQUIRE(append().ok());
  REQUIRE(append().ok());

  options.target.cluster += "_other";
  open();

  CHECK(ownership.epoch == 1);
  CHECK(ownership.head == 1);
  CHECK(readable() == 0);
}

TEST_CASE_METHOD(postgres_fixture, "a cluster's name is made of small letters, digits and _",
                 "[postgres]") {
  for (const auto* const name : {"", "Big", "9th", "pg_own", "a\"b", "a-b"}) {
    options.target.cluster = name;
    const auto error = open_failure();
    CHECK(error.code == errc::invalid_argument);
    CHECK(contains_all(error.what, {"cluster '" + options.target.cluster + "'"}));
  }
  options.target.cluster = std::string(41, 'a');
  CHECK(open_failure().code == errc::invalid_argument);
}

TEST_CASE_METHOD(postgres_fixture, "nodes that create the cluster at the same time all open it",
                 "[postgres]") {
  std::vector<std::future<result<std::shared_ptr<journal>>>> nodes;
  for (int i = 0; i < 6; ++i)
    nodes.push_back(std::async(std::launch::async, [&] { return open_postgres_journal(options); }));

  for (auto& node : nodes) {
    const auto opened = node.get();
    CHECK((opened.ok() ? "" : opened.error().what) == "");
  }

  CHECK(ask("SELECT count(*)::text FROM belfry_schema") == "1");
}

TEST_CASE_METHOD(postgres_fixture, "tables of a newer belfry are refused and left alone",
                 "[postgres]") {
  open();
  store.reset();
  ask("UPDATE belfry_schema SET version = 7");

  const auto error = open_failure();

  CHECK(error.code == errc::wrong_state);
  CHECK(contains_all(error.what, {"version 7", "newer belfry", options.target.cluster}));
  CHECK(cluster_shard_count(options.target).error().code == errc::wrong_state);
  CHECK(ask("SELECT version::text FROM belfry_schema") == "7");
}

TEST_CASE_METHOD(postgres_fixture, "a user without the permission to create a cluster is refused",
                 "[postgres]") {
  ask("CREATE ROLE visitor LOGIN PASSWORD 'good'");
  options.target.uri = server.uri("visitor:good");

  const auto error = open_failure();

  CHECK(error.code == errc::storage);
  CHECK(contains_all(error.what, {"permission denied for database"}));
}

TEST_CASE_METHOD(postgres_fixture, "tables that a user may not read are not taken for none",
                 "[postgres]") {
  open();
  store.reset();
  const auto& cluster = options.target.cluster;
  ask("CREATE ROLE stranger LOGIN PASSWORD 'good'");
  options.target.uri = server.uri("stranger:good");
  const auto expect_refusal = [&](const failure& error) {
    CHECK(error.code == errc::storage);
    CHECK(contains_all(error.what, {"permission denied", "grant", "USAGE", cluster}));
  };

  expect_refusal(open_failure());
  expect_refusal(cluster_shard_count(options.target).error());
  expect_refusal(read_postgres_report(options.target).error());
  ask("GRANT USAGE ON SCHEMA " + cluster + " TO stranger");
  expect_refusal(open_failure());

  ask("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA " + cluster + " TO stranger");
  open();
  CHECK(append().ok());
}

TEST_CASE_METHOD(postgres_fixture, "a user with a schema of its own creates the tables there",
                 "[postgres]") {
  ask("CREATE ROLE tenant LOGIN PASSWORD 'good'");
  ask("CREATE SCHEMA " + options.target.cluster + " AUTHORIZATION tenant");
  options.target.uri = server.uri("tenant:good");

  open();

  CHECK(append().ok());
}

TEST_CASE_METHOD(postgres_fixture, "a wrong address is refused with the reason", "[postgres]") {
  ask("CREATE ROLE locked LOGIN PASSWORD 'good'");
  struct wrong {
    std::string uri;
    errc code;
    std::vector<std::string> parts;
  };
  const std::vector<wrong> table{
      {"nonsense", errc::invalid_argument, {"postgresql://user@host:port/database"}},
      {"", errc::invalid_argument, {"empty", "postgresql://user@host:port/database"}},
      {"postgresql://locked:bad@db/tasks?bogus=1", errc::invalid_argument, {"\"bogus\""}},
      {server.uri("locked:bad"), errc::unavailable, {"password authentication failed", "locked"}},
      {server.uri("nobody:bad"), errc::unavailable, {"password authentication failed", "nobody"}},
      {server.uri("belfry", "absent"), errc::unavailable, {"\"absent\" does not exist"}},
      {"postgresql://belfry@127.0.0.1:1/postgres", errc::unavailable, {"127.0.0.1", "refused"}},
      {"postgresql://belfry@/postgres?host=/no/such", errc::unavailable, {"/no/such"}},
  };
  for (const auto& row : table) {
    options.target.uri = row.uri;
    const auto error = open_failure();
    CHECK(error.code == row.code);
    CHECK(contains_all(error.what, row.parts));
    CHECK(error.what.find("bad") == std::string::npos); // The password is not repeated.
    CHECK(error.what.find('\n') == std::string::npos);
  }
}

TEST_CASE_METHOD(postgres_fixture, "a server that does not sync its disk is refused",
                 "[postgres]") {
  open();
  set("fsync", "off");

  const auto error = open_failure();
  CHECK(error.code == errc::invalid_argument);
  CHECK(contains_all(error.what, {server.file(""), "fsync"}));

  end_sessions();
  CHECK(append().code == storage_code::io_error);
  CHECK(contains_all(store->sync().text, {"fsync"}));
}

TEST_CASE_METHOD(postgres_fixture, "a weak synchronous_commit is set to on for the session",
                 "[postgres]") {
  open();
  CHECK(log_lines.empty());
  const auto weak = GENERATE("off", "local", "remote_write");
  set("synchronous_commit", weak);

  open();

  REQUIRE(log_lines.size() == 1);
  CHECK(
      contains_all(log_lines.front(), {std::string("synchronous_commit is ") + weak, "set to on"}));
  auto session = open_postgres_session(options.target);
  REQUIRE(session.ok());
  const auto seen = (*session)->run({"look", "SELECT current_setting('synchronous_commit')"});
  CHECK(seen.rows.bytes(0, 0) == "on");
}

TEST_CASE_METHOD(postgres_fixture,
                 "a synchronous_commit that is weakened later does not weaken an open session",
                 "[postgres]") {
  open();
  REQUIRE(append().ok());

  set("synchronous_commit", "off");

  CHECK(append().ok()); // Another value than the session's own would be refused.
}

TEST_CASE_METHOD(postgres_fixture, "a stronger synchronous_commit is left alone", "[postgres]") {
  set("synchronous_commit", "remote_apply");

  open();

  CHECK(log_lines.empty());
}

TEST_CASE("a standby is refused", "[postgres]") {
  postgres_server standby;
  standby.stop();
  std::ofstream(standby.file("data/standby.signal")).close();
  std::filesystem::permissions(standby.file("data/standby.signal"), std::filesystem::perms(0644));
  standby.start();

  const auto opened =
      open_postgres_journal({.target = {.uri = standby.uri(), .log_line = {}}, .shards = 1});

  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error().code == errc::unavailable);
  CHECK(contains_all(opened.error().what, {standby.file(""), "standby"}));
}

} // namespace belfry
