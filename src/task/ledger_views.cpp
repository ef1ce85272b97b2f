#include "task/ledger_views.hpp"

#include "time/time_text.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace belfry {

namespace {

constexpr std::size_t steps_per_record_max = 20;

bool matches(const task_record& record, const page_filter& filter) {
  if (!filter.states.empty() &&
      std::find(filter.states.begin(), filter.states.end(), record.state) == filter.states.end())
    return false;
  if (!filter.schedule.empty() && !(record.extra() && record.extra()->schedule == filter.schedule))
    return false;
  return (!filter.due_from || record.due >= *filter.due_from) &&
         (!filter.due_to || record.due < *filter.due_to);
}

explanation_reason settled_reason(task_state state) {
  switch (state) {
  case task_state::succeeded:
    return explanation_reason::succeeded;
  case task_state::cancelled:
    return explanation_reason::cancelled;
  default:
    return explanation_reason::unknown;
  }
}

/// What follows for a task that waits; empty: nothing.
std::string deadline_text(const task_record& record) {
  const auto limit = record.start_limit();
  return limit == instant_max ? "" : "; it expires if it has not started by " + format_utc(limit);
}

std::string expiry_text(const task_record& record) {
  const auto limit = format_utc(record.start_limit());
  return record.is_start_by_pending()
             ? "no handler is known to have begun by " + limit + ", its start-by deadline"
             : "it still waited to start at " + limit + ", its complete-by deadline";
}

} // namespace

bool ledger_views::is_behind(const shard_memory& remembered) const {
  const auto epoch = std::max(remembered.epoch, remembered.token.epoch());
  return remembered.is_plausible() &&
         (epoch > state_.options.epoch || !state_.sessions.was_given(remembered.token) ||
          remembered.serial >= state_.next_serial);
}

std::optional<task_info> ledger_views::describe(task_id id, bool is_complete) const {
  const auto* record = find(id);
  if (!record)
    return std::nullopt;
  task_info info;
  info.id = record->id;
  const auto& rules = rules_of(*record);
  const auto& details = record->details();
  info.kind = name(rules.kind);
  info.queue = name(rules.queue);
  info.priority = rules.priority;
  info.state = record->state;
  info.accepted_at = record->accepted_at;
  info.due = record->due;
  if (details.was_started && details.is_start_known)
    info.started_at = details.began_at();
  if (details.has_run_time)
    info.ran = duration{details.ran_ms};
  if (is_settled(record->state))
    info.settled_at = record->changed_at();
  info.attempt = details.attempt;
  info.attempts_max = rules.retry.attempts_max;
  info.crashes = details.crashes;
  info.token = details.token;
  info.session = state_.sessions.id(details.session);
  if (const auto* extra = record->extra()) {
    info.start_by = extra->start_by;
    if (extra->complete_by != instant_max)
      info.complete_by = extra->complete_by;
    info.key = extra->key;
    info.schedule = extra->schedule;
    info.last_error = extra->last_error;
    if (extra->earlier_errors)
      info.earlier_errors = *extra->earlier_errors;
    info.output = extra->output;
    info.progress = extra->progress;
  }
  if (is_complete) {
    info.payload = record->payload.view();
    info.timeout = rules.timeout;
    info.retry = rules.retry;
  }
  return info;
}

task_spec ledger_views::spec_of(const task_record& record) const {
  const auto& rules = rules_of(record);
  task_spec spec;
  spec.kind = name(rules.kind);
  spec.payload = record.payload.view();
  spec.queue = name(rules.queue);
  spec.priority = rules.priority;
  spec.due = record.due;
  spec.timeout = rules.timeout;
  spec.retry = rules.retry;
  spec.retention = rules.retention;
  const auto* extra = record.extra();
  if (!extra)
    return spec;
  if (record.is_start_by_pending())
    spec.start_by = extra->start_by;
  if (extra->complete_by != instant_max)
    spec.complete_by = extra->complete_by;
  if (const auto* key = state_.duplicates.find_key(spec.queue, extra->key);
      key && key->id == record.id) {
    spec.key = extra->key;
    spec.key_ttl = key->until - record.accepted_at;
  }
  return spec;
}

std::optional<task_info> ledger_views::outcome(task_id id) const {
  if (auto info = describe(id, false))
    return info;
  const auto* kept = state_.watched.outcome(id);
  return kept ? std::optional{*kept} : std::nullopt;
}

/// Ids are given in order, and jump when the shard starts: nobody can tell whether an id that was
/// passed over then was given to a task that was not durable.
failure ledger_views::missing(task_id id) const {
  if (id.shard() != state_.options.shard || id.serial() == 0 || id.serial() >= state_.next_serial)
    return {errc::not_found, "task " + to_string(id) + " not found: it was never accepted"};
  const auto* doubt = id.serial() < state_.options.serial_min
                          ? "; or it was never accepted: the ids of a shard jump when it starts"
                          : "";
  return {errc::forgotten,
          "task " + to_string(id) +
              " is forgotten: it was deleted, its retention is over, its shard has settled " +
              std::to_string(state_.options.settled_kept_max) +
              " later ones, or it was lost with a volatile queue" + doubt};
}

bool ledger_views::is_listed(task_id id, const page_filter& filter) const {
  const auto& record = *find(id);
  const auto& rules = rules_of(record);
  return matches(record, filter) && (filter.queue.empty() || name(rules.queue) == filter.queue) &&
         (filter.kind.empty() || name(rules.kind) == filter.kind);
}

task_page ledger_views::list(const page_filter& filter, std::uint64_t after,
                             std::size_t limit) const {
  task_page page;
  auto steps = limit * steps_per_record_max;
  page.next_after = after;
  while (page.tasks.size() < limit && steps-- > 0) {
    const auto* record = state_.tasks.next_after(page.next_after);
    if (!record) {
      page.is_end = true;
      break;
    }
    page.next_after = record->id.serial();
    if (is_listed(record->id, filter))
      page.tasks.push_back(*describe(record->id, false));
  }
  return page;
}

bool ledger_views::is_duplicate_batch(client_id client, std::uint64_t sequence) const {
  const auto* latest = state_.duplicates.latest_batch(client);
  return latest && sequence <= latest->sequence;
}

queue_settings ledger_views::settings_of(const std::string& queue) const {
  const auto* found = state_.queues.find(queue);
  return found ? found->settings : queue_settings{.queue = queue};
}

std::vector<queue_summary> ledger_views::queues() const {
  std::vector<queue_summary> summaries;
  for (const auto& [index, queue] : state_.queues.all())
    summaries.push_back({queue.settings, queue.counts});
  return summaries;
}

result<state_explanation> ledger_views::explain(task_id id, instant now) const {
  const auto* record = find(id);
  if (!record)
    return missing(id);
  const auto& rules = rules_of(*record);
  const auto& details = record->details();
  const auto& queue = state_.queues.all().at(rules.queue);
  const auto since = record->changed_at();
  switch (record->state) {
  case task_state::scheduled:
    if (details.attempt > 0)
      return state_explanation{explanation_reason::waiting_for_retry,
                               "attempt " + std::to_string(details.attempt) + " of " +
                                   std::to_string(rules.retry.attempts_max) + " failed (" +
                                   (record->extra() ? record->extra()->last_error : "") +
                                   "), the next one is due later" + deadline_text(*record),
                               since};
    return state_explanation{explanation_reason::waiting_until_due,
                             "it is not due yet" + deadline_text(*record), record->accepted_at};
  case task_state::ready:
    if (queue.settings.is_paused)
      return state_explanation{explanation_reason::queue_paused,
                               "queue '" + queue.settings.queue + "' is paused" +
                                   deadline_text(*record),
                               std::max({record->due, since, queue.settings.paused_at})};
    return state_explanation{explanation_reason::waiting_for_worker,
                             "due and waiting for a free slot of a worker that runs '" +
                                 name(rules.kind) + "'" + deadline_text(*record),
                             std::max(record->due, since)};
  case task_state::reserved:
    return explain_reserved(*record, since);
  case task_state::running:
    return state_explanation{details.is_cancel_requested ? explanation_reason::being_cancelled
                                                         : explanation_reason::running,
                             "attempt " + std::to_string(details.attempt) +
                                 " has been running for " + format_duration(now - since),
                             since};
  case task_state::expired:
    return state_explanation{explanation_reason::expired, expiry_text(*record), since};
  case task_state::dead:
    return state_explanation{explanation_reason::dead,
                             "it is settled, and runs again only if it is requeued", since};
  default:
    return state_explanation{settled_reason(record->state), "it is settled", since};
  }
}

state_explanation ledger_views::explain_reserved(const task_record& record, instant since) const {
  if (record.details().is_cancel_requested)
    return {explanation_reason::being_cancelled,
            "its worker was asked to give it back, and has not said that it has begun", since};
  const auto& queue = state_.queues.all().at(rules_of(record).queue);
  if (queue.settings.is_paused)
    return {explanation_reason::reserved,
            "queue '" + queue.settings.queue +
                "' is paused, and its worker was asked to give it back",
            since};
  return {explanation_reason::reserved,
          "waits for a slot of its worker, which has not said that it has begun" +
              deadline_text(record),
          since};
}

namespace {

/// Counts what the indexes of a shard must hold, task by task, and compares.
class auditor {
public:
  explicit auditor(const ledger_state& state) : state_(state) {
    state_.timers.visit_all([&](timer_key key, instant due) { timers_.emplace(key, due); });
  }

  void check(const task_record& record) {
    const auto& rules = state_.rules_of(record);
    ++counts_[rules.queue][static_cast<std::size_t>(record.state)];
    ++task_counts_[{rules.queue, rules.kind}];
    payload_bytes_ += record.payload.size();
    const auto timer = state_.wakes_at(record);
    if (timer != instant_max && !has_timer(timer_kind::task, record.id.serial(), timer))
      report(record, "has no timer");
    if (record.state == task_state::ready)
      ++lane_sizes_[{rules.queue, rules.kind}];
    if (is_granted(record.state))
      check_run(record);
  }
  std::vector<std::string> finish() {
    if (payload_bytes_ != state_.tasks.payload_bytes())
      wrong_.push_back("payloads have " + std::to_string(payload_bytes_) + " bytes, " +
                       std::to_string(state_.tasks.payload_bytes()) + " are counted");
    std::size_t run_count = 0;
    for (std::uint32_t session = 0; session < state_.sessions.index_end(); ++session)
      run_count += state_.sessions.runs(session).size();
    if (run_count != granted_)
      wrong_.push_back("sessions hold " + std::to_string(run_count) + " runs, " +
                       std::to_string(granted_) + " tasks are granted");
    for (const auto& [index, queue] : state_.queues.all()) {
      if (queue.counts != counts_[index])
        wrong_.push_back("queue '" + queue.settings.queue + "' counts its tasks wrongly");
      for (const auto& [kind, lane] : queue.lanes)
        if (lane.tasks.size() != lane_sizes_[{index, kind}])
          wrong_.push_back("lane '" + state_.queues.name(kind) + "' counts its tasks wrongly");
    }
    check_names();
    return std::move(wrong_);
  }

private:
  /// What nothing refers to is forgotten, and nothing else.
  void check_names() {
    std::set<std::uint32_t> named;
    for (const auto& [index, queue] : state_.queues.all()) {
      named.insert(index);
      if (queue.lanes.empty() && queue.settings == queue_settings{.queue = queue.settings.queue})
        wrong_.push_back("queue '" + queue.settings.queue + "' is kept, and nothing refers to it");
      for (const auto& [kind, lane] : queue.lanes) {
        named.insert(kind);
        if (!lane.is_changed && !task_counts_.contains({index, kind}))
          wrong_.push_back("lane '" + state_.queues.name(kind) + "' is kept without tasks");
      }
    }
    if (named.size() != state_.queues.name_count())
      wrong_.push_back(std::to_string(state_.queues.name_count()) + " names are kept, " +
                       std::to_string(named.size()) + " are referred to");
  }
  void check_run(const task_record& record) {
    ++granted_;
    const auto& details = record.details();
    if (details.session >= state_.sessions.index_end())
      return report(record, "runs in an unknown session");
    const auto& runs = state_.sessions.runs(details.session);
    if (!has_timer(timer_kind::session, details.session, state_.sessions.wakes_at(details.session)))
      report(record, "runs in a session without a lease timer");
    if (details.run_index >= runs.size() || runs[details.run_index] != record.id)
      report(record, "is not in its session's list");
  }
  [[nodiscard]] bool has_timer(timer_kind kind, std::uint64_t number, instant due) const {
    return timers_.contains({timer_key_of(kind, number), due});
  }
  void report(const task_record& record, const std::string& error) {
    wrong_.push_back("task " + to_string(record.id) + " (" + std::string{to_string(record.state)} +
                     ") " + error);
  }

  const ledger_state& state_;
  std::set<std::pair<timer_key, instant>> timers_;
  std::map<std::uint32_t, state_counts> counts_;                               // By queue.
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t> lane_sizes_;  // By queue, kind.
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t> task_counts_; // The same, all.
  std::size_t granted_ = 0;
  std::size_t payload_bytes_ = 0;
  std::vector<std::string> wrong_;
};

} // namespace

std::vector<std::string> ledger_views::audit() const {
  auditor check{state_};
  for (auto* record = state_.tasks.next_after(0); record;
       record = state_.tasks.next_after(record->id.serial()))
    check.check(*record);
  return check.finish();
}

} // namespace belfry
