#include "os/postgres/postgres_membership.hpp"

#include "journal/membership_conformance.hpp"
#include "postgres_fixture.hpp"

#include <catch2/catch.hpp>

#include <future>

using namespace belfry;

namespace {

/// A new cluster of four shards on the shared server.
struct postgres_cluster : postgres_fixture {
  postgres_cluster() {
    options.shards = 4;
    open_tables();
  }

  void open_tables() {
    const auto opened = open_postgres_journal(options);
    if (!opened)
      FAIL(opened.error().what);
  }

  std::shared_ptr<membership> membership_of() const {
    auto opened = open_postgres_membership(options.target);
    if (!opened)
      FAIL(opened.error().what);
    return *opened;
  }

  std::shared_ptr<journal> journal_of(member_id owner) const {
    auto owned = options;
    owned.owner = owner;
    return *open_postgres_journal(owned);
  }
};

/// The engine of the conformance suite.
struct postgres_under_suite : postgres_cluster {
  std::shared_ptr<membership> open() const { return membership_of(); }
};

} // namespace

#define MEMBERSHIP_ENGINE postgres_under_suite
#include "journal/membership_conformance.ipp"

TEST_CASE_METHOD(membership_conformance<postgres_under_suite>,
                 "of two nodes that claim a shard at the same time one gets it", "[membership]") {
  join(1);
  join(2);
  const auto other = engine.open();
  const std::vector<shard_assignment> assignments{
      {{0}, {}, 0}, {{1}, {}, 0}, {{2}, {}, 0}, {{3}, {}, 0}};
  const std::vector<shard_id> all{{0}, {1}, {2}, {3}};
  for (int round = 0; round < 100; ++round) {
    std::vector<shard_id> mine, theirs;
    auto rival =
        std::async(std::launch::async, [&] { return other->claim({2}, assignments, theirs); });
    REQUIRE(store->claim({1}, assignments, mine).ok());
    REQUIRE(rival.get().ok());
    CHECK(mine.size() + theirs.size() == 4);
    REQUIRE(store->release({1}, all).ok());
    REQUIRE(store->release({2}, all).ok());
  }
}

TEST_CASE_METHOD(membership_conformance<postgres_under_suite>,
                 "a session that the server ended is replaced", "[membership]") {
  join(1);
  engine.end_sessions();
  bool is_member = false;
  auto status = store->heartbeat({1}, is_member);
  for (int attempts = 0; !status.ok() && attempts < 10; ++attempts)
    status = store->heartbeat({1}, is_member);
  CHECK(status.ok());
  CHECK(is_member);
}

TEST_CASE_METHOD(postgres_cluster, "tables of the first version are migrated", "[membership]") {
  open();
  REQUIRE(append().ok());
  REQUIRE(append().ok());
  const auto epoch = ownership.epoch;
  store.reset();
  // As the first version left them: one row for each shard that was ever acquired.
  ask("DROP TABLE belfry_node");
  ask("ALTER TABLE belfry_shard DROP COLUMN owner");
  ask("DELETE FROM belfry_shard WHERE epoch = 0");
  ask("UPDATE belfry_schema SET version = 1");

  open_tables();

  cluster_view view;
  REQUIRE(membership_of()->read_view(view).ok());
  REQUIRE(view.assignments.size() == 4);
  CHECK(view.assignments[shard.value].epoch == epoch);
  open();
  CHECK(ownership.epoch == epoch + 1);
  CHECK(readable() == 2);
}

TEST_CASE("the membership cannot be opened before there are tables", "[membership]") {
  postgres_fixture none;
  none.options.target.cluster = "nobody_made_it";
  const auto opened = open_postgres_membership(none.options.target);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == errc::wrong_state);
}
