// Pools between the nodes and the server. One that gives each transaction to any session of the
// server ("transaction mode") is noticed, and does no harm until then.
#include "os/postgres/postgres_report.hpp"
#include "postgres_fixture.hpp"

namespace belfry {

namespace {

/// All clients of this pool share one session of the server.
struct mixing_pool : postgres_fixture {
  mixing_pool() { options.target.uri = pool.uri(); }

  /// Checks that the last append was refused because of the pool.
  void expect_refusal() const {
    CHECK(last_status.code == storage_code::io_error);
    CHECK(contains_all(last_status.text, {"mixes the sessions", "session mode"}));
  }

  postgres_pool pool{server, "transaction", 1};
};

} // namespace

TEST_CASE_METHOD(mixing_pool, "clusters behind a pool that mixes sessions never touch each other",
                 "[postgres]") {
  open();
  REQUIRE(append("ours").ok());
  auto elsewhere = options;
  elsewhere.target.cluster += "_other";
  const auto other = open_postgres_journal(elsewhere);
  REQUIRE(other.ok());
  shard_ownership theirs;
  REQUIRE((*other)->acquire(shard, 0, theirs).ok());

  last_status = append("ours, in their session");

  expect_refusal();
  const append_batch batch{shard, theirs.epoch, theirs.head, 1, "theirs"};
  CHECK((*other)->write({&batch, 1}).at(0).ok());
  CHECK(ask("SELECT count(*)::text FROM belfry_journal") == "1");
  CHECK(ask("SELECT head::text FROM belfry_shard WHERE shard = 0") == "2");
  const auto& cluster = elsewhere.target.cluster;
  CHECK(ask("SELECT count(*)::text FROM " + cluster + ".belfry_journal") == "1");
  CHECK(ask("SELECT head::text FROM " + cluster + ".belfry_shard WHERE shard = 0") == "2");
}

TEST_CASE_METHOD(mixing_pool, "a session whose commits another client has weakened writes nothing",
                 "[postgres]") {
  open();
  REQUIRE(append().ok());
  const auto other = postgres_connection::open(options.target.uri, duration{10'000});
  REQUIRE(other.ok());
  REQUIRE((*other)->run_script("SET synchronous_commit = 'off'").ok());

  last_status = append();

  expect_refusal();
  CHECK(ask("SELECT count(*)::text FROM belfry_journal") == "1");
}

TEST_CASE_METHOD(mixing_pool, "a session that a pool has replaced writes nothing", "[postgres]") {
  open();
  REQUIRE(append().ok());
  const object part{"part", "bytes"};

  end_sessions();
  last_status = store->put(shard, ownership.epoch, {&part, 1});

  expect_refusal();
  CHECK(ask("SELECT count(*)::text FROM belfry_object") == "0");
}

TEST_CASE_METHOD(mixing_pool, "a node does not start on a pool that mixes sessions", "[postgres]") {
  const auto count = cluster_shard_count(options.target);
  REQUIRE_FALSE(count.ok());
  CHECK(count.error().code == errc::invalid_argument);
  CHECK(contains_all(count.error().what, {pool.uri().substr(pool.uri().find('=') + 1),
                                          "mixes the sessions", "session mode"}));

  const auto report = read_postgres_report(options.target);
  REQUIRE_FALSE(report.ok());
  CHECK(report.error().code == errc::invalid_argument);
}

TEST_CASE_METHOD(postgres_fixture, "a pool in session mode is as good as the server",
                 "[postgres]") {
  const postgres_pool pool{server, "session", 8};
  options.target.uri = pool.uri();
  open();
  REQUIRE(append().ok());
  open(); // The pool has reset the session that the first journal used.
  REQUIRE(append().ok());
  auto elsewhere = options;
  elsewhere.target.cluster += "_other";
  const auto other = open_postgres_journal(elsewhere);
  REQUIRE(other.ok());

  CHECK(append().ok());
  CHECK(readable() == 3);
  CHECK(*cluster_shard_count(options.target) == 3);
  CHECK(read_postgres_report(options.target).ok());
}

} // namespace belfry
