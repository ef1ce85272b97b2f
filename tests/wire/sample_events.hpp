#pragma once

#include "belfry/failure.hpp"
#include "samples.hpp"
#include "task/event.hpp"

#include <string>
#include <tuple>
#include <vector>

namespace belfry {

/// One event of each kind, with every field set. A field that older bytes lack has the default of
/// the C++ type.
struct sample_event {
  std::string name; ///< of its golden file
  event value;
};

inline task_restored sample_restored() {
  task_restored restored;
  restored.id = task_id::of({3}, 10);
  restored.accepted_at = instant_of_ms(1'700'000'000'000);
  restored.due = instant_of_ms(1'700'000'009'000);
  restored.changed_at = instant_of_ms(1'700'000'000'500);
  restored.spec = full_task();
  restored.schedule = "nightly";
  restored.last_error = "dirty: the stain stays \xc3";
  restored.output = std::string{"\0clean", 6};
  restored.token = {(2ULL << 40) + 5};
  restored.session = {0xfeed'beef'0000'0001ULL};
  restored.attempt = 3;
  restored.crashes = 2;
  restored.state = task_state::running;
  restored.level = durability::relaxed;
  restored.is_cancel_requested = true;
  restored.was_started = true;
  restored.started_ms_ago = 4'711;
  return restored;
}

inline task_restored sample_requeued() {
  auto restored = sample_restored();
  restored.was_requeued = true;
  return restored;
}

inline task_restored sample_started_before() {
  auto restored = sample_restored();
  restored.was_started_before = true;
  return restored;
}

inline task_restored sample_begun() {
  auto restored = sample_restored();
  restored.has_begun = true;
  return restored;
}

inline task_restored sample_progress() {
  auto restored = sample_restored();
  restored.saved_progress = std::string{"\0page 7\xff", 8};
  return restored;
}

inline std::vector<submit_outcome> sample_outcomes() {
  return {{.id = task_id::of({3}, 1042)},
          {.id = task_id::of({3}, 7), .is_duplicate = true},
          {.refusal = failure{errc::too_large, "payload has 9 bytes"}},
          {.refusal = failure{errc::overloaded, ""}},
          {.id = task_id::of({3}, 1043)}};
}

inline task_restored sample_reserved() {
  auto restored = sample_restored();
  restored.state = task_state::reserved;
  restored.started_ms_ago = 0;
  restored.is_start_known = false;
  restored.ran_ms = 170;
  return restored;
}

inline task_restored sample_nominal() {
  auto restored = sample_restored();
  restored.nominal = instant_of_ms(1'699'999'200'000);
  return restored;
}

inline task_change sample_change() {
  task_change change;
  change.due = instant_of_ms(1'700'000'060'000);
  change.priority = -42;
  change.payload = std::string{"\0\xff shirts", 9};
  return change;
}

inline task_restored sample_errors() {
  auto restored = sample_restored();
  restored.earlier_errors = {"torn", std::string{"\0wet\xff", 5}};
  return restored;
}

/// What only snapshots contain.
inline std::vector<sample_event> sample_restorations() {
  const auto id = task_id::of({3}, 1042);
  const auto at = instant_of_ms(1'700'000'000'000);
  return {
      {"task_restored", sample_restored()},
      {"task_restored_requeued", sample_requeued()},
      {"task_restored_started_before", sample_started_before()},
      {"task_restored_begun", sample_begun()},
      {"task_restored_progress", sample_progress()},
      {"task_restored_reserved", sample_reserved()},
      {"task_restored_nominal", sample_nominal()},
      {"task_restored_errors", sample_errors()},
      {"key_restored", key_restored{std::string{"laundry\0order-7", 15}, id, at}},
      {"schedule_restored", schedule_restored{full_schedule(), at, id, 41, 2}},
      {"schedule_restored_paused", schedule_restored{full_schedule(), at, id, 41, 2, true}},
      {"serial_restored", serial_restored{1044}},
      {"commands_restored", commands_restored{{0xfeed'beef'0000'0001ULL, 7}}},
  };
}

/// What clients change of tasks that wait, of queues and of schedules.
inline std::vector<sample_event> sample_changes() {
  const auto id = task_id::of({3}, 1042);
  const auto at = instant_of_ms(1'700'000'000'000);
  return {
      {"task_changed", task_changed{id, at, 0xfeed'beef'0000'0001ULL, sample_change()}},
      {"task_changed_queue", task_changed{id, at, 7, {.queue = "laundry"}}},
      {"task_deleted", task_changed{id, at, 7, {}, true}},
      {"task_changed_due", task_changed{id, at, 0, {.due = at}}},
      {"queue_settings", queue_settings{"laundry", true, 250, durability::in_memory, true, {}}},
      {"queue_settings_paused",
       queue_settings{"laundry", true, 250, durability::in_memory, true, at}},
      {"schedule_put", schedule_put{full_schedule(), at}},
      {"schedule_put_numbered", schedule_put{full_schedule(), at, 7}},
      {"schedule_removed", schedule_removed{"nightly"}},
      {"schedule_removed_numbered", schedule_removed{"nightly", 7}},
      {"schedule_fired", schedule_fired{"nightly", at, id}},
      {"schedule_triggered", schedule_fired{"nightly", at, id, 7}},
      {"schedule_paused", schedule_paused{"nightly", true, at, 7}},
  };
}

inline std::vector<sample_event> sample_events() {
  const auto id = task_id::of({3}, 1042);
  const auto at = instant_of_ms(1'700'000'000'000);
  auto spec = full_task();
  spec.due.reset(); // The instant of an accepted task is in the event.
  spec.delay = duration{0};
  auto limited = spec;
  limited.complete_by = instant_of_ms(1'700'000'700'000);
  const run_times times{at - duration{1'500}, duration{1'200}};
  std::vector<sample_event> events{
      {"task_submitted",
       task_submitted{id, at, at + duration{900}, spec, "nightly", durability::relaxed}},
      {"task_submitted_complete_by",
       task_submitted{id, at, at + duration{900}, limited, "nightly", durability::relaxed}},
      {"task_begun", task_begun{id, at}},
      {"task_started", task_started{id, at, {(1ULL << 40) + 17}, {99}}},
      {"task_started_reserved", task_started{id, at, {(1ULL << 40) + 17}, {99}, true}},
      {"task_succeeded", task_succeeded{id, at, std::string{"\0clean\xff", 7}}},
      {"task_succeeded_timed", task_succeeded{id, at, "clean", times}},
      {"task_failed", task_failed{id, at, "dirty: caf\xe9", true, at + duration{5'000}}},
      {"task_failed_unbegun",
       task_failed{id, at, "dirty: caf\xe9", true, at + duration{5'000}, true}},
      {"task_failed_progress", task_failed{id, at, "dirty", false, at + duration{5'000}, false,
                                           std::string{"\0page 7\xff", 8}}},
      {"task_failed_no_progress", task_failed{id, at, "dirty", false, {}, false, ""}},
      {"task_failed_timed",
       task_failed{id, at, "dirty", false, at + duration{5'000}, false, {}, times}},
      {"task_snoozed", task_snoozed{id, at, at + duration{60'000}}},
      {"task_snoozed_progress",
       task_snoozed{id, at, at + duration{60'000}, false, std::string{"\0page 7\xff", 8}}},
      {"task_snoozed_unbegun", task_snoozed{id, at, at, true}},
      {"task_snoozed_timed", task_snoozed{id, at, at + duration{60'000}, false, {}, times}},
      {"cancel_requested", cancel_requested{id, at}},
      {"task_cancelled", task_cancelled{id, at}},
      {"task_cancelled_unbegun", task_cancelled{id, at, true}},
      {"task_cancelled_timed", task_cancelled{id, at, false, times}},
      {"task_expired", task_expired{id, at}},
      {"task_requeued", task_requeued{id, at}},
      {"batch_accepted", batch_accepted{{77}, 12, at, sample_outcomes()}},
      {"serials_reserved", serials_reserved{5'000}},
  };
  for (auto&& others : {sample_changes(), sample_restorations()})
    events.insert(events.end(), others.begin(), others.end());
  return events;
}

/// The fields of an event, to compare.
inline auto tied(const task_submitted& x) {
  return std::tie(x.id, x.at, x.due, x.spec, x.schedule, x.level);
}
inline auto tied(const task_started& x) {
  return std::tie(x.id, x.at, x.token, x.session, x.is_reserved);
}
inline auto tied(const task_begun& x) {
  return std::tie(x.id, x.at);
}
inline auto tied(const task_succeeded& x) {
  return std::tie(x.id, x.at, x.output, x.times);
}
inline auto tied(const task_failed& x) {
  return std::tie(x.id, x.at, x.error, x.is_crash, x.retry_at, x.may_not_have_begun,
                  x.saved_progress, x.times);
}
inline auto tied(const task_snoozed& x) {
  return std::tie(x.id, x.at, x.until, x.never_started, x.saved_progress, x.times);
}
inline auto tied(const cancel_requested& x) {
  return std::tie(x.id, x.at);
}
inline auto tied(const task_cancelled& x) {
  return std::tie(x.id, x.at, x.never_started, x.times);
}
inline auto tied(const task_expired& x) {
  return std::tie(x.id, x.at);
}
inline auto tied(const task_requeued& x) {
  return std::tie(x.id, x.at);
}
inline auto tied(const task_changed& x) {
  return std::tie(x.id, x.at, x.command, x.change, x.is_deleted);
}
inline auto tied(const batch_accepted& x) {
  return std::tie(x.client, x.sequence, x.at, x.outcomes);
}
inline auto tied(const queue_settings& x) {
  return std::tie(x.queue, x.is_paused, x.weight, x.level, x.accepts_anywhere, x.paused_at);
}
inline auto tied(const schedule_put& x) {
  return std::tie(x.spec, x.at, x.command);
}
inline auto tied(const schedule_removed& x) {
  return std::tie(x.name, x.command);
}
inline auto tied(const schedule_fired& x) {
  return std::tie(x.name, x.nominal, x.task, x.command);
}
inline auto tied(const schedule_paused& x) {
  return std::tie(x.name, x.is_paused, x.at, x.command);
}
inline auto tied(const serials_reserved& x) {
  return std::tie(x.serial_max);
}
inline auto tied(const task_restored& x) {
  return std::tie(x.id, x.accepted_at, x.due, x.changed_at, x.spec, x.schedule, x.last_error,
                  x.output, x.token, x.session, x.attempt, x.crashes, x.state, x.level,
                  x.is_cancel_requested, x.was_started, x.started_ms_ago, x.was_requeued,
                  x.was_started_before, x.has_begun, x.saved_progress, x.is_start_known, x.ran_ms,
                  x.nominal, x.earlier_errors);
}
inline auto tied(const key_restored& x) {
  return std::tie(x.name, x.id, x.until);
}
inline auto tied(const schedule_restored& x) {
  return std::tie(x.spec, x.last_nominal, x.last_task, x.fired, x.skipped, x.is_paused);
}
inline auto tied(const serial_restored& x) {
  return std::tie(x.next);
}

inline auto tied(const commands_restored& x) {
  return std::tie(x.numbers);
}

/// Whether two events are of one kind and equal in every field.
inline bool is_same(const event& left, const event& right) {
  return left.index() == right.index() &&
         std::visit(
             [&right](const auto& typed) {
               return tied(typed) == tied(std::get<std::decay_t<decltype(typed)>>(right));
             },
             left);
}

} // namespace belfry
