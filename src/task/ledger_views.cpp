// What a shard tells about its tasks.
#include "task/ledger.hpp"
#include "task/timer_keys.hpp"

#include <algorithm>
#include <set>

namespace belfry {

namespace {

constexpr std::size_t steps_per_record_max = 20;

bool matches(const task_record& record, const page_filter& filter) {
  if (!filter.states.empty() &&
      std::find(filter.states.begin(), filter.states.end(), record.state) == filter.states.end())
    return false;
  return (!filter.due_from || record.due >= *filter.due_from) &&
         (!filter.due_to || record.due < *filter.due_to);
}

} // namespace

const task_record* ledger::find(task_id id) const {
  return id.shard() == options_.shard ? tasks_.find(id.serial()) : nullptr;
}

bool ledger::is_live(task_id id, fencing_token token) const {
  const auto* record = find(id);
  return record && record->state == task_state::running && record->details().token == token;
}

std::optional<task_info> ledger::describe(task_id id, bool with_payload) const {
  const auto* record = find(id);
  if (!record)
    return std::nullopt;
  task_info info;
  info.id = record->id;
  const auto& rules = rules_of(*record);
  const auto& details = record->details();
  info.kind = names_[rules.kind];
  info.queue = names_[rules.queue];
  info.priority = rules.priority;
  info.state = record->state;
  info.accepted_at = record->accepted_at;
  info.due = record->due;
  if (details.was_started)
    info.started_at = details.started_at;
  if (is_settled(record->state))
    info.settled_at = record->changed_at();
  info.attempt = details.attempt;
  info.attempts_max = rules.retry.attempts_max;
  info.crashes = details.crashes;
  info.token = details.token;
  info.session = sessions_[details.session].id;
  if (const auto* extra = record->extra()) {
    info.key = extra->key;
    info.schedule = extra->schedule;
    info.last_error = extra->last_error;
    info.output = extra->output;
    info.progress = extra->progress;
  }
  if (with_payload)
    info.payload = record->payload.view();
  return info;
}

task_page ledger::list(const page_filter& filter, std::uint64_t after, std::size_t limit) const {
  task_page page;
  auto steps = limit * steps_per_record_max;
  page.next_after = after;
  while (page.tasks.size() < limit && steps-- > 0) {
    const auto* record = tasks_.next_after(page.next_after);
    if (!record) {
      page.is_end = true;
      break;
    }
    page.next_after = record->id.serial();
    const auto& rules = rules_of(*record);
    if (matches(*record, filter) && (filter.queue.empty() || names_[rules.queue] == filter.queue) &&
        (filter.kind.empty() || names_[rules.kind] == filter.kind))
      page.tasks.push_back(*describe(record->id, false));
  }
  return page;
}

lane_summary ledger::summary_of(const queue_state& queue, lane_name name, lane_state& lane) {
  lane_summary summary;
  summary.queue = names_[name.first];
  summary.kind = names_[name.second];
  summary.weight = queue.settings.weight;
  const auto* front = lane.tasks.front([this](const auto& one) { return is_valid(one); });
  if (!front || queue.settings.is_paused)
    return summary;
  summary.waiting = lane.tasks.size();
  summary.priority = front->priority;
  summary.due = front->due;
  return summary;
}

std::vector<lane_summary> ledger::lanes() {
  std::vector<lane_summary> summaries;
  changed_lanes_.clear();
  for (auto& [queue, state] : queues_)
    for (auto& [kind, lane] : state.lanes) {
      lane.is_changed = false;
      if (auto summary = summary_of(state, {queue, kind}, lane); summary.waiting > 0)
        summaries.push_back(std::move(summary));
    }
  return summaries;
}

std::vector<lane_summary> ledger::take_changed_lanes() {
  std::vector<lane_summary> summaries;
  for (const auto& name : changed_lanes_) {
    auto& queue = queues_.at(name.first);
    auto& lane = queue.lanes.at(name.second);
    lane.is_changed = false;
    summaries.push_back(summary_of(queue, name, lane));
  }
  changed_lanes_.clear();
  return summaries;
}

queue_settings ledger::settings_of(const std::string& queue) const {
  const auto index = indexes_.find(queue);
  const auto found = index == indexes_.end() ? queues_.end() : queues_.find(index->second);
  return found == queues_.end() ? queue_settings{.queue = queue} : found->second.settings;
}

std::vector<queue_summary> ledger::queues() const {
  std::vector<queue_summary> summaries;
  for (const auto& [index, state] : queues_)
    summaries.push_back({state.settings, state.counts});
  return summaries;
}

std::vector<schedule_summary> ledger::schedules() const {
  std::vector<schedule_summary> summaries;
  for (const auto& [index, state] : schedules_)
    summaries.push_back(state.known);
  return summaries;
}

result<state_explanation> ledger::explain(task_id id, instant now) const {
  const auto* record = find(id);
  if (!record)
    return failure{errc::not_found,
                   "no task " + to_string(id) + ": it was never accepted, or is forgotten by now"};
  const auto& rules = rules_of(*record);
  const auto& details = record->details();
  const auto& queue = queues_.at(rules.queue);
  const auto since = record->changed_at();
  switch (record->state) {
  case task_state::scheduled:
    if (details.attempt > 0)
      return state_explanation{"waiting_for_retry",
                               "attempt " + std::to_string(details.attempt) + " of " +
                                   std::to_string(rules.retry.attempts_max) + " failed (" +
                                   (record->extra() ? record->extra()->last_error : "") +
                                   "), the next one is due later",
                               since};
    return state_explanation{"waiting_until_due", "it is not due yet", record->accepted_at};
  case task_state::ready:
    if (queue.settings.is_paused)
      return state_explanation{"queue_paused", "queue '" + queue.settings.queue + "' is paused",
                               std::max(record->due, since)};
    return state_explanation{"waiting_for_worker",
                             "due and waiting for a free slot of a worker that runs '" +
                                 names_[rules.kind] + "'",
                             std::max(record->due, since)};
  case task_state::running:
    return state_explanation{details.is_cancel_requested ? "being_cancelled" : "running",
                             "attempt " + std::to_string(details.attempt) + " runs since " +
                                 std::to_string((now - since).count()) + " ms",
                             since};
  default:
    return state_explanation{std::string{to_string(record->state)}, "it is settled", since};
  }
}

std::vector<std::string> ledger::audit() const {
  std::vector<std::string> wrong;
  std::map<std::uint32_t, std::array<std::uint64_t, 8>> counted;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t> in_lane;
  std::set<std::pair<timer_key, instant>> timers;
  wheel_.visit_all([&](timer_key key, instant due) { timers.emplace(key, due); });
  std::size_t running = 0;
  std::size_t payload_bytes = 0;
  for (auto* record = tasks_.next_after(0); record;
       record = tasks_.next_after(record->id.serial())) {
    const auto name =
        "task " + to_string(record->id) + " (" + std::string{to_string(record->state)} + ") ";
    const auto& rules = rules_of(*record);
    const auto& details = record->details();
    ++counted[rules.queue][static_cast<std::size_t>(record->state)];
    payload_bytes += record->payload.size();
    const auto timer = wakes_at(*record);
    if (timer != instant_max &&
        !timers.contains({timer_key_of(timer_kind::task, record->id.serial()), timer}))
      wrong.push_back(name + "has no timer");
    if (record->state == task_state::ready)
      ++in_lane[{rules.queue, rules.kind}];
    if (record->state != task_state::running)
      continue;
    ++running;
    const auto& session = sessions_.at(details.session);
    if (!timers.contains({timer_key_of(timer_kind::session, details.session), session.wakes_at}))
      wrong.push_back(name + "runs in a session without a lease timer");
    if (details.run_index >= session.runs.size() || session.runs[details.run_index] != record->id)
      wrong.push_back(name + "is not in its session's list");
  }
  if (payload_bytes != payload_bytes_)
    wrong.push_back("payloads have " + std::to_string(payload_bytes) + " bytes, " +
                    std::to_string(payload_bytes_) + " are counted");
  std::size_t held = 0;
  for (const auto& session : sessions_)
    held += session.runs.size();
  if (held != running)
    wrong.push_back("sessions hold " + std::to_string(held) + " runs, " + std::to_string(running) +
                    " tasks run");
  for (const auto& [index, queue] : queues_) {
    if (queue.counts != counted[index])
      wrong.push_back("queue '" + queue.settings.queue + "' counts its tasks wrongly");
    for (const auto& [kind, lane] : queue.lanes)
      if (lane.tasks.size() != in_lane[{index, kind}])
        wrong.push_back("lane '" + names_[kind] + "' counts its tasks wrongly");
  }
  return wrong;
}

} // namespace belfry
