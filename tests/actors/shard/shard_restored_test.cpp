// A shard whose storage was replaced by an older copy, or by an empty one.
#include "shard_fixture.hpp"

#include "shard/journal_keeper.hpp"
#include "support/captured_log.hpp"

#include "journal/memory_journal.hpp"
#include "task/state/shard_epoch.hpp"

using namespace belfry;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t token_of(std::uint64_t epoch, std::uint64_t count) {
  return (epoch << 40) | count;
}

/// A shard on a disk of which the test makes a copy. Its clock is stopped before 2026: so only
/// what peers remember raises its epoch beyond the next one.
struct restored_fixture : shard_fixture {
  std::shared_ptr<memory_disk> disk = std::make_shared<memory_disk>();
  caf::actor real_keeper;
  std::shared_ptr<std::atomic<std::uint64_t>> process_epoch; // None: each start is a new process.

  /// The node starts again, on what its disk holds.
  void restart() {
    if (subject) {
      caf::anon_send_exit(subject, caf::exit_reason::kill);
      caf::anon_send_exit(real_keeper, caf::exit_reason::kill);
      run();
    }
    end.reset();
    real_keeper = adopt(system.spawn(journal_keeper, [this]() -> result<std::shared_ptr<journal>> {
      return std::shared_ptr<journal>{std::make_shared<memory_journal>(disk)};
    }));
    auto chosen = options();
    chosen.acquired_epoch = process_epoch;
    start(chosen);
    tell(dispatcher, child_started{"journal_keeper", 0, real_keeper});
  }
  /// Submits a task and grants it to the worker of session 5.
  wire::Run run_task() {
    submit(spec());
    attach(worker);
    request_grant();
    REQUIRE_FALSE(grants().empty());
    return grants().back().runs(0);
  }
  void attach_with(const shard_memory& remembered) {
    tell(dispatcher, worker_attached{{5}, worker.actor(), {}, {}, 0, remembered});
  }
};

} // namespace

TEST_CASE_METHOD(shard_fixture, "an epoch and its serials grow with the clock", "[shard]") {
  time = std::make_shared<test::manual_clock>(epoch_origin + 500min);
  start(options());
  log.clear();
  tell(keeper, child_started{"journal_keeper", 0, keeper.actor()});
  const auto request = expect<acquire_shard>(keeper);
  CHECK(request.get_as<acquire_shard>(0).epoch_min == 500);

  tell(keeper, shard_acquired{.outcome = {}, .ownership = {.epoch = 500, .head = 1}});
  tell(keeper, snapshot_chunk{.outcome = {}, .position = 1, .objects = {}, .is_end = true});
  tell(keeper, journal_chunk{.outcome = {}, .next = 1, .is_end = true, .batches = {}});

  CHECK(task_id{accept(spec())}.serial() == first_serial_of(500));
  CHECK(fencing_token{grant_one()}.epoch() == 500);
}

TEST_CASE_METHOD(shard_fixture, "a shard ends when a worker remembers what it has never given",
                 "[shard]") {
  serve();
  const auto task = task_id{accept(spec())};
  const auto token = fencing_token{grant_one()};
  shard_memory remembered{.epoch = 1, .token = token, .serial = task.serial()};
  std::uint64_t epoch_min = 0;
  SECTION("a later epoch") {
    remembered.epoch = 7;
    epoch_min = 8;
  }
  SECTION("a later token") {
    remembered.token.value += 1;
    epoch_min = 2;
  }
  SECTION("a later task") {
    remembered.serial = first_serial_of(3) + 5;
    epoch_min = 4;
  }
  log.clear();
  test::captured_log lines;

  tell(dispatcher, worker_attached{{6}, worker.actor(), {}, {}, 0, remembered});

  const auto request = expect<acquire_shard>(keeper);
  CHECK(request.get_as<acquire_shard>(0).epoch_min == epoch_min);
  log.expect_nothing();
  REQUIRE(end.has_value());
  CHECK_FALSE(is_permanent_failure(*end)); // The supervisor restarts it.
  CHECK(lines.text().find("shard.behind") != std::string::npos);
}

TEST_CASE_METHOD(shard_fixture, "a worker that remembers no more than its shard changes nothing",
                 "[shard]") {
  serve();
  const auto task = task_id{accept(spec())};
  const auto token = fencing_token{grant_one()};
  shard_memory remembered{.epoch = 1, .token = token, .serial = task.serial()};
  SECTION("the latest") {}
  SECTION("nothing") {
    remembered = {};
  }
  SECTION("an epoch that no shard can have") {
    remembered.epoch = epoch_end - 1;
  }
  tell(dispatcher, worker_attached{{6}, worker.actor(), {}, {}, 0, remembered});
  CHECK(end == std::nullopt);
  CHECK(keeper.all<acquire_shard>().empty());
}

TEST_CASE_METHOD(shard_fixture, "a shard ends when a client remembers what it has never given",
                 "[shard]") {
  serve();
  const auto id = accept(spec());
  log.clear();
  SECTION("the epoch of a command") {
    wire::Request request;
    request.mutable_cancel()->set_id(id);
    request.set_epoch(7);
    ask(request);
    expect<response_atom, envelope>(client);
    const auto acquisition = expect<acquire_shard>(keeper);
    CHECK(acquisition.get_as<acquire_shard>(0).epoch_min == 8);
    CHECK(answers().back().failure().retry_after_ms() > 0);
  }
  SECTION("the id of a task") {
    wire::Submit batch;
    batch.set_client(7);
    batch.set_sequence(++sequence);
    batch.set_shard(number);
    wire::write(spec(), *batch.add_tasks());
    batch.set_latest_id(id + 1);
    tell_sealed(client, submit_atom::value, batch);
    expect<submitted_atom, envelope>(client);
    const auto acquisition = expect<acquire_shard>(keeper);
    CHECK(acquisition.get_as<acquire_shard>(0).epoch_min == 2);
    CHECK(submitted().back().failure().retry_after_ms() > 0);
    CHECK(batches().size() == 1); // Of the first task.
  }
  log.expect_nothing();
  CHECK(end.has_value());
}

TEST_CASE_METHOD(restored_fixture, "a shard acquires later epochs than its process has seen",
                 "[shard]") {
  process_epoch = std::make_shared<std::atomic<std::uint64_t>>(0);
  restart();
  disk->back_up();
  restart();
  const auto before = run_task();
  REQUIRE(fencing_token{before.token()}.epoch() == 2);

  disk->restore_backup();
  restart();
  worker.received().clear();
  const auto after = run_task();

  CHECK(fencing_token{after.token()}.epoch() == 3);
  CHECK(after.task() > before.task());
}

TEST_CASE_METHOD(restored_fixture, "ids and tokens of a restored shard begin behind those before",
                 "[shard]") {
  restart();
  disk->back_up();
  restart();
  const auto before = run_task();
  REQUIRE(fencing_token{before.token()}.epoch() == 2);

  disk->restore_backup();
  restart(); // Epoch 2 again.
  attach_with({.epoch = 0, .token = {before.token()}, .serial = task_id{before.task()}.serial()});
  REQUIRE(end.has_value());
  restart();
  worker.received().clear();
  const auto after = run_task();

  CHECK(after.task() > before.task());
  CHECK(after.token() > before.token());
}

TEST_CASE_METHOD(restored_fixture, "a worker from before a restore settles no task", "[shard]") {
  restart();
  disk->back_up();
  restart();
  const auto before = run_task();

  disk->restore_backup();
  restart();
  submit(spec());
  tell(dispatcher, worker_attached{{6}, worker.actor(), {}});
  tell(dispatcher, grant_tasks{{6}, "default", "wash", 1});
  const auto after = grants().back().runs(0);
  // The clock is stopped and nobody has said what it remembers: only the session differs.
  REQUIRE(after.task() == before.task());
  REQUIRE(after.token() == before.token());

  report(before.task(), before.token());

  client.received().clear();
  wire::Request request;
  request.mutable_get()->set_id(after.task());
  ask(request);
  REQUIRE(answers().size() == 1);
  CHECK(answers()[0].task().state() == static_cast<std::uint32_t>(task_state::running));
  CHECK(answers()[0].task().session() == 6);
}

TEST_CASE_METHOD(restored_fixture, "an epoch that the clock has passed is above those of the copy",
                 "[shard]") {
  time = std::make_shared<test::manual_clock>(epoch_origin + 500min);
  restart();
  disk->back_up();
  restart();
  const auto before = run_task();
  REQUIRE(before.token() > token_of(501, 0));

  disk->restore_backup();
  time->advance(2min);
  restart();
  worker.received().clear();
  const auto after = run_task();

  CHECK(after.token() > token_of(502, 0));
  CHECK(after.task() > before.task());
  CHECK(end == std::nullopt);
}
