// Schedules with the line `@reboot`: one task for each boot of the machine.
#include "task/recovered_ledger.hpp"

#include <memory>

using namespace belfry;
using namespace std::chrono_literals;

namespace {

/// A shard that restarts again and again on its journal; its machine tells when it booted.
struct boot_fixture : ledger_fixture {
  std::optional<instant> booted_at = now - 1h;
  std::uint64_t epoch = 1;
  std::unique_ptr<ledger> shard;

  boot_fixture() { restart(); }
  ~boot_fixture() override { CHECK(shard->views().audit() == std::vector<std::string>{}); }

  void restart() {
    shard = std::make_unique<ledger>(
        ledger_options{.shard = {3}, .epoch = ++epoch, .booted_at = booted_at}, *this, now);
    const auto written = journal;
    for (const auto& bytes : written)
      REQUIRE(wire::read_events(bytes, [this](event recorded) {
                shard->replay(std::move(recorded));
              }).ok());
    shard->finish_recovery(now);
    run();
  }
  void reboot() {
    now += 1h;
    booted_at = now - 10s;
    restart();
  }
  void run(duration time = duration{0}) {
    now += time;
    while (shard->next_wakeup() && *shard->next_wakeup() <= now)
      shard->advance(now, 100);
  }
  schedule_spec at_boot() {
    schedule_spec made;
    made.name = "cache";
    made.when.line = "@reboot";
    made.task = spec();
    return made;
  }
  void put(const schedule_spec& made) { REQUIRE(shard->put_schedule(made, now).ok()); }
  void put(overlap_policy overlap) {
    auto made = at_boot();
    made.overlap = overlap;
    put(made);
  }
  [[nodiscard]] schedule_summary known() const { return shard->views().schedules().at(0); }
  [[nodiscard]] task_state state_of(task_id id) const {
    return shard->views().describe(id, false)->state;
  }
};

} // namespace

TEST_CASE_METHOD(boot_fixture, "a schedule at boot submits one task for each boot", "[schedule]") {
  put(at_boot());
  CHECK(known().next == instant_max);
  CHECK_FALSE(known().parked_reason.has_value());
  run(24h);
  CHECK(known().fired == 0);

  reboot();
  CHECK(known().fired == 1);
  CHECK(known().last_nominal == booted_at);
  const auto task = *shard->views().describe(known().last_task, false);
  CHECK(task.schedule == "cache");
  CHECK(task.due == *booted_at);
  CHECK(task.state == task_state::ready);
  CHECK(shard->views().find(task.id)->extra()->nominal == booted_at);

  reboot();
  CHECK(known().fired == 2);
}

TEST_CASE_METHOD(boot_fixture, "a schedule at boot submits nothing at a restart on the same boot",
                 "[schedule]") {
  put(at_boot());
  run(1h);
  restart();
  CHECK(known().fired == 0);
  reboot();
  for (int count = 0; count < 3; ++count) {
    run(1h);
    restart();
  }
  CHECK(known().fired == 1);
  CHECK(shard->views().size() == 1);
}

TEST_CASE_METHOD(boot_fixture, "a boot while no node was up is made up for at the next start",
                 "[schedule]") {
  auto skipping = at_boot();
  skipping.misfire = misfire_policy::skip;
  put(skipping);
  now += 24h * 3;
  booted_at = now - 24h;
  restart();
  CHECK(known().fired == 1);
}

TEST_CASE_METHOD(boot_fixture, "a boot instant that moves by up to a minute is no other boot",
                 "[schedule]") {
  put(at_boot());
  reboot();
  const auto first = *booted_at;
  const auto moved_s = GENERATE(-3'600, -60, -1, 1, 60);
  run(1h);
  booted_at = first + std::chrono::seconds{moved_s};
  restart();
  CHECK(known().fired == 1);
  booted_at = first + 61s;
  restart();
  CHECK(known().fired == 2);
}

TEST_CASE_METHOD(boot_fixture, "a boot that is in the future or not known submits nothing",
                 "[schedule]") {
  put(at_boot());
  run(1h);
  booted_at.reset();
  if (GENERATE(true, false))
    booted_at = now + 1s;
  restart();
  CHECK(known().fired == 0);
  CHECK(known().skipped == 0);
}

TEST_CASE_METHOD(boot_fixture, "a boot that a paused schedule missed is counted as skipped",
                 "[schedule]") {
  put(at_boot());
  REQUIRE(shard->set_schedule_paused("cache", true, 1, now).ok());
  reboot();
  restart();
  CHECK(known().fired == 0);
  CHECK(known().skipped == 1);

  REQUIRE(shard->set_schedule_paused("cache", false, 2, now).ok());
  run();
  restart();
  CHECK(known().fired == 0);
  CHECK(known().skipped == 1);
  reboot();
  CHECK(known().fired == 1);
}

TEST_CASE_METHOD(boot_fixture, "a schedule at boot follows its overlap policy", "[schedule]") {
  const auto reboot_twice = [this](overlap_policy overlap) {
    put(overlap);
    reboot();
    const auto first = known().last_task;
    reboot();
    return first;
  };
  SECTION("allow") {
    (void)reboot_twice(overlap_policy::allow);
    CHECK(known().fired == 2);
  }
  SECTION("skip") {
    (void)reboot_twice(overlap_policy::skip);
    restart();
    CHECK(known().fired == 1);
    CHECK(known().skipped == 1);
  }
  SECTION("cancel_other") {
    const auto first = reboot_twice(overlap_policy::cancel_other);
    CHECK(known().fired == 2);
    CHECK(state_of(first) == task_state::cancelled);
  }
  SECTION("queue_one") {
    const auto first = reboot_twice(overlap_policy::queue_one);
    restart();
    CHECK(known().fired == 1);
    REQUIRE(shard->cancel(first, now).ok());
    run();
    CHECK(known().fired == 2);
    CHECK(known().last_nominal == booted_at);
    REQUIRE(shard->cancel(known().last_task, now).ok());
    run();
    CHECK(known().fired == 2);
  }
}

TEST_CASE_METHOD(boot_fixture, "a schedule at boot that is set again stays where it was",
                 "[schedule]") {
  put(at_boot());
  reboot();
  put(at_boot());
  restart();
  CHECK(known().fired == 1);

  auto hourly = at_boot();
  hourly.when.line = "0 * * * *";
  put(hourly);
  put(at_boot());
  restart();
  CHECK(known().fired == 1);
  reboot();
  CHECK(known().fired == 2);
}

TEST_CASE_METHOD(boot_fixture, "the task of a boot is delayed by the schedule's jitter",
                 "[schedule]") {
  auto late = at_boot();
  late.jitter = 1h;
  put(late);
  reboot();
  const auto due = shard->views().describe(known().last_task, false)->due;
  CHECK(due >= *booted_at);
  CHECK(due <= *booted_at + 1h);
  CHECK(known().last_nominal == booted_at);
}

TEST_CASE_METHOD(boot_fixture, "a trigger of a schedule at boot stands for no boot", "[schedule]") {
  put(at_boot());
  REQUIRE(shard->trigger_schedule("cache", 1, now).ok());
  REQUIRE(shard->cancel(known().last_task, now).ok());
  run();
  CHECK(known().fired == 1);
  reboot();
  CHECK(known().fired == 2);
}

TEST_CASE_METHOD(boot_fixture, "a schedule at boot needs no time zone", "[schedule]") {
  auto abroad = at_boot();
  abroad.when.zone = "Mars/Base";
  put(abroad);
  reboot();
  CHECK(known().fired == 1);
  CHECK_FALSE(known().parked_reason.has_value());
}

TEST_CASE_METHOD(boot_fixture, "a schedule keeps over a snapshot for which boot it ran",
                 "[schedule]") {
  put(at_boot());
  reboot();
  snapshot_records taken;
  shard->snapshots().begin(taken);
  while (!shard->snapshots().write_pages(1)) {
  }
  journal = taken.records;
  restart();
  CHECK(known().fired == 1);
  CHECK(shard->views().size() == 1);
}
