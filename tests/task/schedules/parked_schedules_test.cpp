// Recorded schedules and queues are not judged by what this machine and this version know today.
#include "task/recovered_ledger.hpp"

using namespace belfry;
using namespace std::chrono_literals;
using verdict = run_outcome::verdict;
using Catch::Matchers::Contains;

namespace {

using records = std::vector<std::string>;

const std::string known_zone = "Europe/Berlin";
const std::string missing_zone = "Europe/Berlix"; // Of the same length.

/// Replaces a zone, or another text of the same length.
records replace_zone(records all, const std::string& before, const std::string& after) {
  for (auto& bytes : all)
    for (auto at = bytes.find(before); at != std::string::npos; at = bytes.find(before))
      bytes.replace(at, before.size(), after);
  return all;
}

/// What a machine that has the zone wrote, as a machine that lacks the zone reads it.
records without_zone(records all) {
  return replace_zone(std::move(all), known_zone, missing_zone);
}

records with_zone(records all) {
  return replace_zone(std::move(all), missing_zone, known_zone);
}

/// The events of a snapshot, encoded.
struct encoded_snapshot : snapshot_sink {
  records all;
  wire::event_writer writer;

  void add(std::uint64_t, const event& recorded) override {
    writer.add(recorded);
    all.push_back(writer.finish_record());
  }
};

records snapshot_of(ledger& tasks) {
  encoded_snapshot snapshot;
  tasks.snapshots().begin(snapshot);
  while (!tasks.snapshots().write_pages(1)) {
  }
  return std::move(snapshot.all);
}

struct parked_fixture : ledger_fixture {
  schedule_spec hourly(misfire_policy misfire = misfire_policy::run_once) {
    schedule_spec schedule;
    schedule.name = "hourly";
    schedule.when = {.line = "0 * * * *", .zone = known_zone};
    schedule.misfire = misfire;
    schedule.overlap = overlap_policy::allow;
    schedule.catch_up_max = 3;
    schedule.task = spec();
    return schedule;
  }
  void put(const schedule_spec& schedule) { REQUIRE(tasks.put_schedule(schedule, now).ok()); }
  void advance(ledger& other, duration time) {
    now += time;
    while (other.next_wakeup() && *other.next_wakeup() <= now)
      other.advance(now, 100);
  }
};

schedule_summary only_schedule(const ledger& tasks) {
  return tasks.views().schedules().at(0);
}

} // namespace

TEST_CASE_METHOD(parked_fixture, "a schedule whose zone is gone is parked, and its shard serves",
                 "[parked]") {
  const auto id = accept(spec());
  put(hourly());
  recovered_ledger again{*this, without_zone(journal)};

  const auto parked = only_schedule(again.tasks);
  REQUIRE(parked.parked_reason.has_value());
  CHECK_THAT(*parked.parked_reason, Contains("'Europe/Berlix'"));
  CHECK(parked.next == instant_max);
  CHECK(again.tasks.views().describe(id, false)->state == task_state::ready);

  advance(again.tasks, 24h);
  CHECK(only_schedule(again.tasks).fired == 0);
  CHECK(again.tasks.submit(client, ++sequence, {spec()}, now)->at(0).id.value != 0);
  CHECK(again.tasks.views().audit() == std::vector<std::string>{});
}

TEST_CASE_METHOD(parked_fixture, "a schedule that can be evaluated is not parked", "[parked]") {
  put(hourly());
  CHECK_FALSE(only_schedule(tasks).parked_reason.has_value());
}

TEST_CASE_METHOD(parked_fixture, "the recorded events of a parked schedule are applied",
                 "[parked]") {
  auto queueing = hourly();
  queueing.overlap = overlap_policy::queue_one;
  put(queueing);
  advance_time(1h);
  const auto last_task = only_schedule(tasks).last_task;
  REQUIRE(last_task.value != 0);
  recovered_ledger again{*this, without_zone(journal)};

  CHECK(only_schedule(again.tasks).fired == 1);
  CHECK(only_schedule(again.tasks).last_task == last_task);
  // The end of its latest task does not wake it.
  REQUIRE(again.tasks.cancel(last_task, now).ok());
  advance(again.tasks, 2h);
  CHECK(only_schedule(again.tasks).fired == 1);
}

TEST_CASE_METHOD(parked_fixture,
                 "a parked schedule continues by its misfire policy when its zone is back",
                 "[parked]") {
  put(hourly(misfire_policy::run_all));
  advance_time(1h);
  REQUIRE(only_schedule(tasks).fired == 1);
  recovered_ledger without{*this, without_zone(journal)};
  advance(without.tasks, 10h);
  const auto is_from_snapshot = GENERATE(false, true);

  recovered_ledger back{*this, is_from_snapshot ? with_zone(snapshot_of(without.tasks)) : journal};

  const auto continued = only_schedule(back.tasks);
  CHECK_FALSE(continued.parked_reason.has_value());
  CHECK(continued.spec == only_schedule(tasks).spec);
  CHECK(continued.fired == 1 + 3); // Its limit is 3.
  CHECK(continued.next > now);
}

TEST_CASE_METHOD(parked_fixture, "a parked schedule can be replaced and removed", "[parked]") {
  put(hourly());
  recovered_ledger again{*this, without_zone(journal)};
  auto replacement = hourly();

  replacement.when.zone = missing_zone;
  CHECK_FALSE(again.tasks.put_schedule(replacement, now).ok());
  CHECK(only_schedule(again.tasks).parked_reason.has_value());

  replacement.when.zone = "Europe/Paris";
  REQUIRE(again.tasks.put_schedule(replacement, now).ok());
  CHECK_FALSE(only_schedule(again.tasks).parked_reason.has_value());
  advance(again.tasks, 1h);
  CHECK(only_schedule(again.tasks).fired == 1);

  recovered_ledger other{*this, without_zone(journal)};
  REQUIRE(other.tasks.remove_schedule("hourly").ok());
  CHECK(other.tasks.views().schedules().empty());
}

TEST_CASE_METHOD(parked_fixture, "a schedule whose policies are of a later version is parked",
                 "[parked]") {
  auto later = hourly();
  const auto change = GENERATE(
      +[](schedule_spec& spec) { spec.overlap = static_cast<overlap_policy>(9); },
      +[](schedule_spec& spec) { spec.misfire = static_cast<misfire_policy>(9); },
      +[](schedule_spec& spec) { spec.when.gap = static_cast<gap_policy>(9); },
      +[](schedule_spec& spec) { spec.when.repeated_hour = static_cast<repeated_hour_policy>(9); });
  change(later);
  CHECK_FALSE(tasks.put_schedule(later, now).ok());

  record(schedule_put{later, now}, durability::durable);
  recovered_ledger again{*this};
  REQUIRE(only_schedule(again.tasks).parked_reason.has_value());
  CHECK_THAT(*only_schedule(again.tasks).parked_reason, Contains("9"));

  recovered_ledger third{*this, snapshot_of(again.tasks)};
  CHECK(only_schedule(third.tasks).spec == later);
}

TEST_CASE_METHOD(parked_fixture, "a schedule fires whatever the limits of submits are today",
                 "[parked]") {
  put(hourly());
  options.submits.payload_bytes_max = 1;
  options.submits.name_bytes_max = 1;
  null_sink sink;
  ledger again{options, sink, now};
  for (const auto& bytes : journal)
    REQUIRE(
        wire::read_events(bytes, [&](event recorded) { again.replay(std::move(recorded)); }).ok());
  again.finish_recovery(now);

  advance(again, 1h);
  CHECK(only_schedule(again).fired == 1);
  CHECK(only_schedule(again).skipped == 0);
}

TEST_CASE_METHOD(parked_fixture, "missed runs of more than a year ago are made up for",
                 "[parked]") {
  auto yearly = hourly(misfire_policy::run_all);
  yearly.when.line = "@yearly";
  put(yearly);
  advance_time(24h * 366 * 5);
  CHECK(only_schedule(tasks).fired == 3);
  CHECK(only_schedule(tasks).skipped == 0);
}

TEST_CASE_METHOD(parked_fixture, "a queue whose settings no one could set today can be paused",
                 "[parked]") {
  options.submits.name_bytes_max = 3;
  null_sink sink;
  ledger again{options, sink, now};
  again.replay(queue_settings{.queue = "mail", .weight = 5'000});
  again.finish_recovery(now);
  auto settings = again.views().settings_of("mail");

  settings.is_paused = true;
  CHECK(again.set_queue(settings, now).ok());
  CHECK(again.views().settings_of("mail").is_paused);

  settings.weight = 6'000;
  CHECK_THAT(again.set_queue(settings, now).error().what, Contains("weight is 6000"));
  CHECK_THAT(again.set_queue({.queue = "post"}, now).error().what, Contains("queue has 4 bytes"));
}

TEST_CASE_METHOD(parked_fixture, "a recorded schedule that never comes is kept, and not parked",
                 "[parked]") {
  auto never = hourly();
  never.when.line = "0 0 30 1 *";
  put(never);
  recovered_ledger again{*this, replace_zone(journal, "0 0 30 1 *", "0 0 30 2 *")};
  const auto kept = only_schedule(again.tasks);
  CHECK(kept.spec.when.line == "0 0 30 2 *");
  CHECK_FALSE(kept.parked_reason.has_value());
  CHECK(kept.next == instant_max);
}
