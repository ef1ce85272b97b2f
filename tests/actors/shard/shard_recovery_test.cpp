// A shard with a real journal keeper on a disk in memory: a restarted shard recovers its tasks.
#include "shard_fixture.hpp"

#include "shard/journal_keeper.hpp"
#include "support/captured_log.hpp"

#include "journal/memory_journal.hpp"
#include "wire/event_codec.hpp"

using namespace belfry;
using namespace std::chrono_literals;

namespace {

struct recovery_fixture : shard_fixture {
  std::shared_ptr<memory_disk> disk = std::make_shared<memory_disk>();
  caf::actor real_keeper;

  /// The machine loses power and starts again.
  void boot(crash_mode mode = crash_mode::drop, std::size_t journal_bytes_max = 64 << 20) {
    if (subject) {
      caf::anon_send_exit(subject, caf::exit_reason::kill);
      caf::anon_send_exit(real_keeper, caf::exit_reason::kill);
      run();
      disk->crash(mode, 1);
    }
    end.reset();
    real_keeper = adopt(system.spawn(journal_keeper, [this]() -> result<std::shared_ptr<journal>> {
      return std::shared_ptr<journal>{std::make_shared<memory_journal>(disk)};
    }));
    auto chosen = options();
    chosen.limits.journal_bytes_max = journal_bytes_max;
    start(chosen);
    tell(dispatcher, child_started{"journal_keeper", 0, real_keeper});
  }
  [[nodiscard]] std::size_t task_count() {
    client.received().clear();
    wire::Request request;
    request.mutable_list()->set_limit(1000);
    ask(request);
    return static_cast<std::size_t>(answers().at(0).list().tasks_size());
  }
};

} // namespace

TEST_CASE_METHOD(recovery_fixture, "acknowledged tasks survive a power cut", "[shard]") {
  boot();
  for (int i = 0; i < 10; ++i)
    submit(std::vector<task_spec>(5, spec(1h)));
  REQUIRE(submitted().size() == 10);
  boot(GENERATE(crash_mode::keep, crash_mode::drop, crash_mode::tear));
  CHECK(task_count() == 50);
}

TEST_CASE_METHOD(recovery_fixture, "a run that was lost with its shard is granted again",
                 "[shard]") {
  boot();
  submit(spec());
  attach(worker);
  request_grant();
  REQUIRE(grants().size() == 1);
  const auto lost = grants()[0].runs(0);
  boot(crash_mode::keep);
  worker.received().clear();
  report(lost.task() + 1, lost.token()); // Of another run, repeated before the worker attaches.
  attach(worker);
  advance(10ms);
  request_grant();
  REQUIRE(grants().size() == 1);
  CHECK(grants()[0].runs(0).task() == lost.task());
  CHECK(grants()[0].runs(0).token() > lost.token());
}

TEST_CASE_METHOD(recovery_fixture, "a snapshot shortens the journal and loses nothing", "[shard]") {
  boot(crash_mode::drop, 2'000);
  for (int i = 0; i < 60; ++i) {
    submit(std::vector<task_spec>(10, spec(1h)));
    for (int change = 0; change < 100; ++change)
      set_weight(1 + change);
    advance(50ms);
  }
  memory_journal reader{disk};
  std::uint64_t position = 0;
  REQUIRE(reader.snapshot_position({number}, position).ok());
  CHECK(position > 300);
  boot(crash_mode::drop, 2'000);
  CHECK(task_count() == 600);
  submit(std::vector<task_spec>(10, spec(1h)));
  boot(crash_mode::drop, 2'000);
  CHECK(task_count() == 610);
  CHECK(end == std::nullopt);
}

TEST_CASE_METHOD(recovery_fixture, "a failed sync acknowledges nothing", "[shard]") {
  boot();
  submit(spec(1h));
  disk->fail_next_sync(3);
  submit(spec(1h));
  CHECK(acknowledged() == 1);
  CHECK(end.has_value());
  boot();
  CHECK(task_count() >= 1);
}

TEST_CASE_METHOD(recovery_fixture, "a restarted shard knows whether a write in doubt was done",
                 "[shard]") {
  const bool is_written = GENERATE(true, false);
  boot();
  submit(spec(1h));
  disk->leave_next_write_in_doubt(is_written);
  submit(spec(1h));
  CHECK(acknowledged() == 1);
  boot(crash_mode::keep);
  CHECK(task_count() == (is_written ? 2 : 1));
}

TEST_CASE_METHOD(recovery_fixture, "a shard recovers once its storage is available", "[shard]") {
  boot();
  for (int i = 0; i < 10; ++i)
    submit(spec(1h));
  disk->set_unreachable(true);
  boot(crash_mode::keep);
  advance(1s);
  CHECK(end == std::nullopt);
  submit(spec(1h));
  CHECK(submitted().back().failure().code() == static_cast<std::uint32_t>(errc::unavailable));
  wire::Request request;
  request.mutable_queues();
  ask(request); // A query may be repeated soon, too.
  CHECK(answers().back().failure().code() == static_cast<std::uint32_t>(errc::unavailable));
  CHECK(answers().back().failure().retry_after_ms() > 0);
  disk->set_unreachable(false);
  advance(200ms);
  CHECK(task_count() == 10);
}

TEST_CASE_METHOD(recovery_fixture,
                 "tasks submitted while the storage is unavailable are written later", "[shard]") {
  boot();
  disk->set_unreachable(true);
  submit(spec(1h));
  submit(spec(1h));
  advance(1s);
  CHECK(acknowledged() == 0);
  disk->set_unreachable(false);
  advance(200ms);
  CHECK(acknowledged() == 2);
  boot();
  CHECK(task_count() == 2);
}

TEST_CASE_METHOD(shard_fixture, "a recovery restarts when the storage gives no clear answer",
                 "[shard]") {
  start(options());
  tell(keeper, child_started{"journal_keeper", 0, keeper.actor()});
  SECTION("its acquisition is in doubt") {
    tell(keeper, shard_acquired{.outcome = {storage_code::in_doubt, "no answer"}, .ownership = {}});
  }
  SECTION("the snapshot is unavailable") {
    tell(keeper, shard_acquired{.outcome = {}, .ownership = {.epoch = 1, .head = 1}});
    tell(keeper, snapshot_chunk{.outcome = {storage_code::unavailable, "unreachable"},
                                .position = 1,
                                .objects = {},
                                .is_end = true});
  }
  SECTION("the journal is unavailable") {
    tell(keeper, shard_acquired{.outcome = {}, .ownership = {.epoch = 1, .head = 1}});
    tell(keeper, snapshot_chunk{.outcome = {}, .position = 1, .objects = {}, .is_end = true});
    tell(keeper, journal_chunk{.outcome = {storage_code::unavailable, "unreachable"},
                               .next = 1,
                               .is_end = true,
                               .batches = {}});
  }
  REQUIRE(keeper.all<acquire_shard>().size() == 1);
  advance(200ms);
  CHECK(keeper.all<acquire_shard>().size() == 2);
  CHECK(end == std::nullopt);
}

TEST_CASE_METHOD(recovery_fixture, "a flipped bit in the journal stops the shard", "[shard]") {
  boot();
  for (int i = 0; i < 10; ++i)
    submit(spec(1h));
  REQUIRE(disk->flip_bit({number}, 3, 11));
  boot();
  CHECK(end.has_value());
}

namespace {

struct recorded_schedule_fixture : shard_fixture {
  test::captured_log node_log;

  /// Starts the shard on a journal that holds the schedule alone, put an hour ago.
  void start_with(const cron_spec& when, std::optional<instant> booted_at = {}) {
    wire::event_writer writer;
    schedule_spec nightly;
    nightly.name = "nightly";
    nightly.when = when;
    nightly.task = spec();
    writer.add(schedule_put{nightly, time->now()});
    advance(1h);
    auto chosen = options();
    chosen.booted_at = booted_at;
    start(chosen);
    tell(keeper, child_started{"journal_keeper", 0, keeper.actor()});
    tell(keeper, shard_acquired{.outcome = {}, .ownership = {.epoch = 1, .head = 2}});
    tell(keeper, snapshot_chunk{.outcome = {}, .position = 1, .objects = {}, .is_end = true});
    tell(keeper,
         journal_chunk{
             .outcome = {}, .next = 2, .is_end = true, .batches = {writer.finish_record()}});
  }
};

} // namespace

TEST_CASE_METHOD(recorded_schedule_fixture, "a shard writes what is due at boot when it serves",
                 "[shard]") {
  start_with({.line = "@reboot"}, time->now() + 30min);
  REQUIRE(batches().size() == 1);
  std::vector<event> written;
  REQUIRE(wire::read_events(batches()[0].batch.bytes, [&](event recorded) {
            written.push_back(std::move(recorded));
          }).ok());
  const auto fired = std::find_if(written.begin(), written.end(), [](const event& recorded) {
    return std::holds_alternative<schedule_fired>(recorded);
  });
  REQUIRE(fired != written.end());
  CHECK(std::get<schedule_fired>(*fired).nominal == time->now() - 30min);
  CHECK(node_log.text().find("schedule.boot_unknown") == std::string::npos);
}

TEST_CASE_METHOD(recorded_schedule_fixture, "a shard logs that a boot instant is not known",
                 "[shard]") {
  start_with({.line = "@reboot"});
  CHECK(batches().empty());
  CHECK_THAT(node_log.text(), Catch::Contains("schedule.boot_unknown shard=2 name=nightly"));
}

TEST_CASE_METHOD(recorded_schedule_fixture,
                 "a shard with a parked schedule serves, and logs it once", "[shard]") {
  start_with({.line = "0 3 * * *", .zone = "Mars/Base"});
  advance(1h);

  CHECK(end == std::nullopt);
  const auto text = node_log.text();
  const auto found = text.find("schedule.parked shard=2 name=nightly reason=\"cron: zone 'Mars/");
  CHECK(found != std::string::npos);
  CHECK(text.find("schedule.parked", found + 1) == std::string::npos);

  wire::Request request;
  request.mutable_schedules();
  ask(request);
  const auto listed = answers().back().schedules();
  REQUIRE(listed.schedules_size() == 1);
  CHECK(listed.schedules(0).parked_reason().starts_with("cron: zone 'Mars/Base'"));
}
