#include "shard/task_log.hpp"

#include "text/printable.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>
#include <variant>

namespace belfry {

namespace {

constexpr std::uint64_t deaths_per_window = 10;
constexpr std::uint64_t events_per_window = 1'000;
constexpr duration log_window{10'000};

} // namespace

task_log::task_log(caf::event_based_actor* self, shard_id shard, event_sink& next,
                   const std::optional<ledger>& tasks)
    : self_(self), shard_(shard), next_(next), tasks_(tasks),
      deaths_(deaths_per_window, log_window), events_(events_per_window, log_window) {}

task_log::~task_log() {
  log_suppressed_deaths();
  log_suppressed_events();
}

bool task_log::is_event_logged() {
  return spdlog::should_log(spdlog::level::debug);
}

// --- limits ---

bool task_log::admit(log_sampler& lines, instant now) {
  if (lines.is_window_over(now))
    on_log_summary();
  if (lines.admit(now))
    return true;
  request_summary(lines, now);
  return false;
}

/// So that the number of suppressed lines is logged though no other line follows them.
void task_log::request_summary(const log_sampler& lines, instant now) {
  if (std::exchange(is_summary_requested_, true))
    return;
  self_->delayed_send(self_, std::max(lines.window_end() - now, duration{1}),
                      log_summary_atom::value);
}

/// Of both kinds: one number may come before its window is over.
void task_log::on_log_summary() {
  is_summary_requested_ = false;
  log_suppressed_deaths();
  log_suppressed_events();
}

void task_log::log_suppressed_deaths() {
  if (const auto count = deaths_.take_suppressed(); count > 0)
    spdlog::warn("task.deaths_suppressed shard={} count={} within_ms={}", shard_.value, count,
                 log_window.count());
}

void task_log::log_suppressed_events() {
  if (const auto count = events_.take_suppressed(); count > 0)
    spdlog::debug("task.events_suppressed shard={} count={} within_ms={}", shard_.value, count,
                  log_window.count());
}

// --- lines ---

void task_log::log_death(const task_info& dead) const {
  spdlog::warn("task.dead shard={} task={} kind={} queue={} attempt={} crashes={} error={}",
               shard_.value, to_string(dead.id), log_value(dead.kind), log_value(dead.queue),
               dead.attempt, dead.crashes, log_value(dead.last_error));
}

void task_log::record(const event& change, durability level) {
  std::visit([this](const auto& recorded) { log_event(recorded); }, change);
  next_.record(change, level);
}

void task_log::log_event(const task_submitted& accepted) {
  if (admit(events_, accepted.at))
    spdlog::debug("task.accepted shard={} task={} kind={} queue={} due_in_ms={}", shard_.value,
                  to_string(accepted.id), log_value(accepted.spec.kind),
                  log_value(accepted.spec.queue), (accepted.due - accepted.at).count());
}

void task_log::log_event(const task_started& started) {
  if (admit(events_, started.at))
    spdlog::debug("task.{} {} session={} token={}", started.is_reserved ? "reserved" : "started",
                  text_of(started.id, 1), started.session.value, started.token.value);
}

void task_log::log_event(const task_succeeded& succeeded) {
  if (admit(events_, succeeded.at))
    spdlog::debug("task.succeeded {}", text_of(succeeded.id));
}

/// The death of a task is logged once it is durable.
void task_log::log_event(const task_failed& failed) {
  if (failed.retry_at && admit(events_, failed.at))
    spdlog::debug("task.failed {} retry_in_ms={} error={}", text_of(failed.id),
                  (*failed.retry_at - failed.at).count(), log_value(failed.error));
}

void task_log::log_event(const task_snoozed& snoozed) {
  if (admit(events_, snoozed.at))
    spdlog::debug("task.{} {} due_in_ms={}", snoozed.never_started ? "returned" : "snoozed",
                  text_of(snoozed.id), (snoozed.until - snoozed.at).count());
}

void task_log::log_event(const cancel_requested& requested) {
  if (admit(events_, requested.at))
    spdlog::debug("task.cancel_requested {}", text_of(requested.id));
}

void task_log::log_event(const task_cancelled& cancelled) {
  if (admit(events_, cancelled.at))
    spdlog::debug("task.cancelled {}", text_of(cancelled.id));
}

void task_log::log_event(const task_expired& expired) {
  if (admit(events_, expired.at))
    spdlog::debug("task.expired {}", text_of(expired.id));
}

void task_log::log_event(const task_requeued& requeued) {
  if (admit(events_, requeued.at))
    spdlog::debug("task.requeued {}", text_of(requeued.id));
}

void task_log::log_event(const task_changed& changed) {
  if (!admit(events_, changed.at))
    return;
  if (changed.is_deleted)
    return spdlog::debug("task.deleted {}", text_of(changed.id));
  const auto& change = changed.change;
  std::string fields;
  if (change.due)
    fields += " due_in_ms=" + std::to_string((*change.due - changed.at).count());
  if (change.priority)
    fields += " priority=" + std::to_string(*change.priority);
  if (change.payload)
    fields += " payload_bytes=" + std::to_string(change.payload->size());
  if (change.queue)
    fields += " to_queue=" + log_value(*change.queue);
  spdlog::debug("task.changed {}{}", text_of(changed.id), fields);
}

std::string task_log::text_of(task_id id, std::uint32_t more_attempts) const {
  auto text = "shard=" + std::to_string(shard_.value) + " task=" + to_string(id);
  const auto* record = tasks_ ? tasks_->views().find(id) : nullptr;
  if (!record)
    return text;
  const auto& rules = tasks_->views().rules_of(*record);
  text += " kind=" + log_value(tasks_->views().name(rules.kind));
  text += " queue=" + log_value(tasks_->views().name(rules.queue));
  return text + " attempt=" + std::to_string(record->details().attempt + more_attempts);
}

} // namespace belfry
