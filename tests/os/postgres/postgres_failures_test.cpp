// The statuses of a journal in a database when something fails: see
// os/postgres/postgres_journal.hpp.
#include "os/postgres/postgres_engine.hpp"

#include "postgres_fixture.hpp"

#include <chrono>
#include <csignal>
#include <map>

namespace belfry {

namespace {

using wait_clock = std::chrono::steady_clock;

/// Blocks statements that lock the shard's row, while this object lives.
class row_lock {
public:
  explicit row_lock(const postgres_target& target) {
    auto opened = postgres_connection::open(target.uri, duration{10'000});
    REQUIRE(opened.ok());
    session_ = std::move(*opened);
    const auto held = session_->run_script("BEGIN; SELECT 1 FROM " + target.cluster +
                                           ".belfry_shard WHERE shard = 0 FOR UPDATE");
    REQUIRE(held.ok());
  }

private:
  std::unique_ptr<postgres_connection> session_;
};

/// Acquires the shard and appends three events, `rounds` times. Returns the events that were `ok`.
std::map<std::uint64_t, std::string> contend(const std::shared_ptr<journal>& store,
                                             const std::string& name, int rounds) {
  std::map<std::uint64_t, std::string> acknowledged;
  for (int round = 0; round < rounds; ++round) {
    shard_ownership ownership;
    if (!store->acquire({0}, 0, ownership).ok())
      continue;
    for (int i = 0; i < 3; ++i, ++ownership.head) {
      const append_batch batch{{0},
                               ownership.epoch,
                               ownership.head,
                               1,
                               name + std::to_string(round) + "." + std::to_string(i)};
      if (!store->write({&batch, 1}).at(0).ok())
        break;
      acknowledged[ownership.head] = batch.bytes;
    }
  }
  return acknowledged;
}

} // namespace

TEST_CASE_METHOD(postgres_fixture, "of two nodes that acquire one shard the later one may write",
                 "[postgres]") {
  open();
  REQUIRE(append().ok());
  const auto other = open_another();
  shard_ownership theirs;

  REQUIRE(other->acquire(shard, 0, theirs).ok());

  CHECK(theirs.head == 2);
  const auto late = append();
  CHECK(late.code == storage_code::fenced);
  CHECK(contains_all(late.text, {"shard 0", "epoch 1", "which is 2"}));
  const append_batch batch{shard, theirs.epoch, theirs.head, 1, "theirs"};
  CHECK(other->write({&batch, 1}).at(0).ok());
}

TEST_CASE_METHOD(postgres_fixture,
                 "nodes that take a shard from each other lose and duplicate no acknowledged event",
                 "[postgres]") {
  open();
  auto theirs = std::async(std::launch::async, contend, open_another(), "theirs", 100);
  auto acknowledged = contend(store, "ours", 100);
  acknowledged.merge(theirs.get());

  std::map<std::uint64_t, std::string> stored;
  last_status = store->read(shard, 1, [&](const stored_batch& batch) {
    stored[batch.first] = batch.bytes;
    return true;
  });

  CHECK(last_status.ok());
  CHECK(stored == acknowledged);
}

TEST_CASE_METHOD(postgres_fixture, "batches of one shard in one call have separate results",
                 "[postgres]") {
  open();
  const auto epoch = ownership.epoch;
  const std::vector<append_batch> group{
      {shard, epoch, 3, 1, "early"}, {shard, epoch, 4, 1, "early too"},
      {shard, epoch, 1, 2, "ab"},    {shard, epoch, 2, 1, "overlaps"},
      {shard, epoch, 3, 1, "c"},     {shard, epoch + 1, 4, 1, "of nobody"}};

  const auto results = store->write(group);

  std::vector<storage_code> codes;
  for (const auto& result : results)
    codes.push_back(result.code);
  const auto ok = storage_code::ok, fenced = storage_code::fenced;
  CHECK(codes == std::vector<storage_code>{fenced, fenced, ok, fenced, ok, fenced});
  CHECK(readable() == 3);
}

TEST_CASE_METHOD(postgres_fixture, "a connection lost between two calls is replaced unnoticed",
                 "[postgres]") {
  open();
  REQUIRE(append().ok());

  end_sessions();

  CHECK(append().ok());
  end_sessions();
  CHECK(readable() == 2);
  CHECK(last_status.ok());
}

TEST_CASE_METHOD(postgres_fixture, "a connection lost before the commit leaves a write in doubt",
                 "[postgres]") {
  open();
  REQUIRE(append().ok());
  {
    const row_lock held(options.target);
    last_status = interrupted([&] { return append(); }, "Lock", [&] { end_sessions(); });
  }

  CHECK(last_status.code == storage_code::in_doubt);
  CHECK(contains_all(last_status.text, {server.file(""), "terminating connection"}));
  shard_ownership again;
  REQUIRE(store->acquire(shard, 0, again).ok());
  CHECK(again.head == ownership.head);
}

TEST_CASE_METHOD(postgres_fixture, "a connection lost after the commit leaves a write in doubt",
                 "[postgres]") {
  open();
  set("synchronous_standby_names", "nobody");
  last_status =
      interrupted([&] { return append_until_refused(); }, "SyncRep", [&] { end_sessions(); });

  CHECK(last_status.code == storage_code::in_doubt);
  set("synchronous_standby_names", "");
  shard_ownership again;
  REQUIRE(store->acquire(shard, 0, again).ok());
  CHECK(again.head == ownership.head + 1);
}

TEST_CASE_METHOD(postgres_fixture, "a write that a standby may not have is in doubt",
                 "[postgres]") {
  open();
  set("synchronous_standby_names", "nobody");
  last_status = interrupted([&] { return append_until_refused(); }, "SyncRep",
                            [&] {
                              ask("SELECT pg_cancel_backend(pid)::text FROM pg_stat_activity WHERE "
                                  "wait_event = 'SyncRep'");
                            });

  CHECK(last_status.code == storage_code::in_doubt);
  CHECK(contains_all(last_status.text, {"canceling wait for synchronous replication"}));
}

TEST_CASE_METHOD(postgres_fixture, "a write that waits too long is cancelled and rolled back",
                 "[postgres]") {
  options.target.statement_timeout = duration{1'000};
  open();
  {
    const row_lock held(options.target);
    last_status = append();
  }

  CHECK(last_status.code == storage_code::unavailable);
  CHECK(contains_all(last_status.text, {"statement timeout"}));
  CHECK(append().ok());
  CHECK(ownership.head == 2);
}

TEST_CASE_METHOD(postgres_fixture, "a stalled server blocks no call beyond its timeout",
                 "[postgres]") {
  options.target.statement_timeout = duration{1'000};
  open();
  REQUIRE(append().ok());
  const auto timed = [&](const std::function<storage_status()>& call) {
    const auto begin = wait_clock::now();
    last_status = call();
    return std::chrono::duration_cast<duration>(wait_clock::now() - begin);
  };

  server.signal(SIGSTOP);
  const auto for_answer = timed([&] { return append(); });
  const auto write_status = last_status;
  const auto for_connection = timed([&] { return readable(), last_status; });
  server.signal(SIGCONT);

  CHECK(write_status.code == storage_code::in_doubt);
  CHECK(contains_all(write_status.text, {"no answer within 1000 ms"}));
  CHECK(for_answer < duration{3'000});
  CHECK(last_status.code == storage_code::unavailable);
  CHECK(for_connection < duration{6'000}); // libpq waits for at least 2 s.
  shard_ownership again;
  REQUIRE(store->acquire(shard, 0, again).ok());
  CHECK(again.head >= ownership.head);
}

TEST_CASE_METHOD(postgres_fixture, "a stopped server is unavailable until it is started again",
                 "[postgres]") {
  open();
  REQUIRE(append().ok());

  server.stop();
  CHECK(append().code == storage_code::unavailable);
  CHECK(readable() == 0);
  CHECK(last_status.code == storage_code::unavailable);
  server.start();

  CHECK(append().ok());
  CHECK(readable() == 2);
}

TEST_CASE_METHOD(postgres_fixture, "a full disk of the server refuses writes until one succeeds",
                 "[postgres]") {
  open();
  REQUIRE(store->put(shard, ownership.epoch, std::vector<object>{{"k", "v"}}).ok());
  fail_appends("53100", 2);
  CHECK(store->has_space());

  CHECK(append().code == storage_code::no_space);
  CHECK_FALSE(store->has_space());
  CHECK(append().code == storage_code::no_space);
  CHECK(append().ok());

  CHECK(store->has_space());
  CHECK(readable() == 1);
}

TEST_CASE_METHOD(postgres_fixture, "a read-only database is asked to write with growing pauses",
                 "[postgres]") {
  open();
  const auto& cluster = options.target.cluster;
  ask("CREATE ROLE reader LOGIN PASSWORD 'good'");
  ask("ALTER ROLE reader SET synchronous_commit = off"); // Each new session logs a line.
  ask("GRANT USAGE ON SCHEMA " + cluster + " TO reader");
  ask("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA " + cluster + " TO reader");
  ask("ALTER ROLE reader SET default_transaction_read_only = on");
  options.target.uri = server.uri("reader:good");
  const auto reader = open_another();
  log_lines.clear();

  shard_ownership theirs;
  for (int i = 0; i < 200; ++i) {
    last_status = reader->acquire(shard, 0, theirs);
    REQUIRE(last_status.code == storage_code::unavailable);
  }

  CHECK(contains_all(last_status.text, {"read-only"}));
  CHECK(log_lines.size() < 20);
  std::uint64_t position = 0;
  CHECK(reader->snapshot_position(shard, position).ok());
  ask("ALTER ROLE reader RESET default_transaction_read_only");
  const auto deadline = wait_clock::now() + std::chrono::seconds(30);
  while (!last_status.ok() && wait_clock::now() < deadline)
    last_status = reader->acquire(shard, 0, theirs);
  CHECK(last_status.ok());
  CHECK(theirs.epoch == ownership.epoch + 1);
}

TEST_CASE_METHOD(postgres_fixture, "a write that collides is attempted three times", "[postgres]") {
  open();
  fail_appends("40001", 5);

  CHECK(append().code == storage_code::unavailable);
  CHECK(append().ok());
  CHECK(readable() == 1);
}

TEST_CASE_METHOD(postgres_fixture, "an unexpected failure fails the engine", "[postgres]") {
  open();
  fail_appends("XX000", 1);

  CHECK(append().code == storage_code::io_error);
  CHECK(append().code == storage_code::io_error);
  CHECK(contains_all(store->sync().text, {"it fails", "XX000", "open it again"}));

  open();
  CHECK(append().ok());
}

TEST_CASE_METHOD(postgres_fixture, "a database that lost the cluster's tables fails the engine",
                 "[postgres]") {
  open();
  ask("DROP SCHEMA " + options.target.cluster + " CASCADE");

  end_sessions();

  CHECK(append().code == storage_code::io_error);
  CHECK(contains_all(store->sync().text, {options.target.cluster, "gone"}));
}

TEST_CASE_METHOD(postgres_fixture,
                 "a damaged or missing batch is corrupt, and reported with its event",
                 "[postgres]") {
  open();
  for (int i = 0; i < 5; ++i)
    REQUIRE(append().ok());

  ask("UPDATE belfry_journal SET bytes = set_byte(bytes, 32, 0) WHERE first = 4");
  CHECK(readable() == 3);
  CHECK(last_status.code == storage_code::corrupt);
  CHECK(contains_all(last_status.text, {"shard 0", "event 4"}));

  ask("DELETE FROM belfry_journal WHERE first = 2");
  CHECK(readable() == 1);
  CHECK(last_status.code == storage_code::corrupt);
  CHECK(contains_all(last_status.text, {"event 2 is missing"}));
}

TEST_CASE_METHOD(postgres_fixture, "a long journal is read in pages", "[postgres]") {
  open();
  const auto large = std::string(100'000, 'e');
  std::vector<append_batch> group;
  for (std::uint64_t first = 1; first <= 2500; ++first)
    group.push_back({shard, ownership.epoch, first, 1, first % 25 == 0 ? large : "small"});
  for (const auto& status : store->write(group))
    REQUIRE(status.ok());

  CHECK(readable() == 2500);
  CHECK(last_status.ok());
  CHECK(readable(1234) == 2500 - 1233);
}

TEST_CASE_METHOD(postgres_fixture,
                 "batches that a successor drops during a read are not reported as damage",
                 "[postgres]") {
  open();
  std::vector<append_batch> group;
  for (std::uint64_t first = 1; first <= 1500; ++first)
    group.push_back({shard, ownership.epoch, first, 1, "e"});
  REQUIRE(store->write(group).back().ok());
  const auto successor = open_another();

  last_status = store->read(shard, 1, [&](const stored_batch& batch) {
    if (batch.first == 500) {
      shard_ownership theirs;
      CHECK(successor->acquire(shard, 0, theirs).ok());
      CHECK(successor->commit_snapshot(shard, theirs.epoch, theirs.head, {}).ok());
    }
    return true;
  });

  CHECK(last_status.code == storage_code::fenced);
  CHECK(contains_all(last_status.text, {"shard 0", "snapshot"}));
}

} // namespace belfry
