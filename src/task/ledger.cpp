// The ledger's core: recording, applying and indexes. What clients, workers, schedules and time
// ask for is decided in ledger_clients.cpp, ledger_runs.cpp, ledger_schedules.cpp and
// ledger_timers.cpp.
#include "task/ledger.hpp"

#include "task/lifecycle.hpp"
#include "task/timer_keys.hpp"

#include <algorithm>

namespace belfry {

namespace {

constexpr std::uint64_t serials_reserved_at_once = 1 << 16;

} // namespace

ledger::ledger(ledger_options options, event_sink& sink, instant now)
    : options_(options), sink_(sink), random_(options.seed),
      wheel_(now, [this](timer_key key, instant due) { return is_timer_pending(key, due); }),
      sessions_(1) {}

void ledger::reserve_serials() {
  if (next_serial_ > reserved_)
    commit(serials_reserved{next_serial_ + serials_reserved_at_once - 1}, durability::durable);
}

void ledger::commit(event what, durability level) {
  sink_.record(what, level);
  std::visit([this](auto& one) { apply(one); }, what);
}

void ledger::replay(event what) {
  std::visit([this](auto& one) { apply(one); }, what);
}

void ledger::finish_recovery(instant now) {
  next_serial_ = std::max(next_serial_, reserved_ + 1);
  effects_ = {};
  for (auto& [id, index] : session_indexes_)
    renew_lease(id, now);
  // Nobody could repeat a batch while there was no shard: its time counts anew.
  clients_by_age_.clear();
  for (auto& [client, known] : clients_) {
    known.at = now;
    clients_by_age_.emplace_back(now, client);
  }
}

// --- applying ---

void ledger::apply(task_submitted& what) {
  const auto serial = what.id.serial();
  next_serial_ = std::max(next_serial_, serial + 1);
  auto& spec = what.spec;
  mark_dirty(serial);
  auto& record = tasks_.add(serial);
  record.id = what.id;
  record.accepted_at = what.at;
  record.due = what.due;
  record.rules = acquire_rules(spec, what.level);
  if (spec.start_by || !spec.key.empty() || !what.schedule.empty()) {
    auto& extra = record.make_extra();
    extra.start_by = spec.start_by;
    extra.schedule = std::move(what.schedule);
    if (!spec.key.empty()) {
      const auto until = what.at + spec.key_ttl;
      auto name = key_name(spec.queue, spec.key);
      key_expirations_.emplace(until, name);
      keys_[std::move(name)] = {what.id, until};
      extra.key = std::move(spec.key);
    }
  }
  set_payload(record, spec.payload);
  record.state = what.due <= what.at ? task_state::ready : task_state::scheduled;
  ++queue_at(rules_of(record).queue).counts[static_cast<std::size_t>(record.state)];
  add_to_indexes(record);
}

void ledger::apply(task_started& what) {
  auto& record = known(what.id);
  // Coming due is not an event.
  if (record.state == task_state::scheduled)
    take(record, step::comes_due, what.at);
  auto& details = record.make_details();
  details.token = what.token;
  ++details.attempt;
  take(record, step::starts, what.at); // While the timer of start_by is known.
  details.was_started_before = details.was_started;
  details.was_started = true;
  attach_run(record, what.session);
}

void ledger::apply(task_succeeded& what) {
  auto& record = known(what.id);
  if (!what.output.empty())
    record.make_extra().output = std::move(what.output);
  take(record, step::succeeds, what.at);
}

void ledger::apply(task_failed& what) {
  auto& record = known(what.id);
  record.make_extra().last_error = std::move(what.error);
  if (what.is_crash)
    ++record.make_details().crashes;
  if (what.retry_at)
    record.due = *what.retry_at;
  const auto how = what.retry_at ? step::fails_retryably : step::fails_permanently;
  take(record, how, what.at);
}

void ledger::apply(task_snoozed& what) {
  auto& record = known(what.id);
  auto& details = record.make_details();
  --details.attempt;
  if (what.never_started)
    details.was_started = details.was_started_before;
  record.due = what.until;
  take(record, step::snoozes, what.at);
}

void ledger::apply(cancel_requested& what) {
  auto& record = known(what.id);
  auto& details = record.make_details();
  details.is_cancel_requested = true;
  effects_.revokes.push_back({sessions_[details.session].id, record.id, details.token});
}

void ledger::apply(task_cancelled& what) {
  auto& record = known(what.id);
  take(record, step::is_cancelled, what.at);
}

void ledger::apply(task_expired& what) {
  auto& record = known(what.id);
  take(record, step::expires, what.at);
}

void ledger::apply(task_requeued& what) {
  auto& record = known(what.id);
  auto& details = record.make_details();
  details.attempt = details.crashes = 0;
  details.was_requeued = true;
  record.due = what.at;
  take(record, step::is_requeued, what.at);
}

void ledger::apply(batch_accepted& what) {
  auto& client = clients_[what.client];
  client.sequence = what.sequence;
  client.at = what.at;
  client.outcomes = std::move(what.outcomes);
  clients_by_age_.emplace_back(what.at, what.client);
}

void ledger::apply(queue_settings& what) {
  const auto index = index_of(what.queue);
  auto& queue = queue_at(index);
  queue.settings = std::move(what);
  for (auto& [kind, lane] : queue.lanes)
    mark_changed(lane, {index, kind});
  if (queue.settings.is_paused)
    recall(index);
}

void ledger::recall(std::uint32_t queue) {
  for (const auto& session : sessions_)
    for (const auto id : session.runs)
      if (const auto& record = *tasks_.find(id.serial()); rules_of(record).queue == queue)
        effects_.recalls.push_back({session.id, id, record.details().token});
}

void ledger::apply(serials_reserved& what) {
  reserved_ = what.serial_max;
}

// --- indexes ---

void ledger::take(task_record& record, step what, instant at) {
  const auto state = after(record.state, what);
  expects(state.has_value(), "ledger: the life cycle allows this step");
  const auto timer = wakes_at(record);
  leave(record);
  auto& counts = queue_at(rules_of(record).queue).counts;
  --counts[static_cast<std::size_t>(record.state)];
  ++counts[static_cast<std::size_t>(*state)];
  record.state = *state;
  if (what != step::comes_due) {
    auto& details = record.make_details();
    details.changed_at = at;
    // What a snapshot can say; the clock may have been set back.
    details.started_at = *state == task_state::running
                             ? at
                             : std::clamp(details.started_at, at - started_ago_max, at);
  }
  cancel_timer(timer);
  add_to_indexes(record);
}

void ledger::add_to_indexes(task_record& record) {
  if (record.state == task_state::ready)
    lane_for_update(record).add({rules_of(record).priority, record.due, record.id});
  else if (is_settled(record.state))
    add_to_settled(record);
  if (const auto timer = wakes_at(record); timer != instant_max)
    wheel_.add(timer_key_of(timer_kind::task, record.id.serial()), timer);
}

void ledger::leave(task_record& record) {
  if (record.state == task_state::ready) {
    lane_for_update(record).mark_removed();
  } else if (record.state == task_state::running) {
    detach_run(record);
  } else if (is_settled(record.state) && record.state != task_state::dead) {
    --settled_count_;
  }
}

void ledger::add_to_settled(task_record& record) {
  auto& details = record.make_details();
  details.is_cancel_requested = false;
  effects_.settled.push_back(record.id);
  if (details.extra && !details.extra->schedule.empty())
    wake_schedule_of(record);
  if (record.state == task_state::dead) {
    details.was_requeued = false;
    return;
  }
  set_payload(record, {});
  settled_.push_back(record.id);
  ++settled_count_;
  while (settled_.size() > options_.settled_kept_max) {
    const auto oldest = settled_.front();
    settled_.pop_front();
    if (auto* old = tasks_.find(oldest.serial());
        old && is_settled(old->state) && old->state != task_state::dead && old != &record)
      remove_task(*old);
  }
}

void ledger::remove_task(task_record& record) {
  const auto timer = wakes_at(record);
  leave(record);
  --queue_at(rules_of(record).queue).counts[static_cast<std::size_t>(record.state)];
  rules_.release(record.rules);
  set_payload(record, {});
  tasks_.remove(record.id.serial());
  cancel_timer(timer);
}

void ledger::set_payload(task_record& record, std::string_view bytes) {
  payload_bytes_ += bytes.size();
  payload_bytes_ -= record.payload.size();
  record.payload = fixed_bytes(bytes);
}

void ledger::attach_run(task_record& record, session_id by) {
  auto& details = record.make_details();
  details.session = session_index(by);
  auto& session = sessions_[details.session];
  details.run_index = static_cast<std::uint32_t>(session.runs.size());
  session.runs.push_back(record.id);
}

void ledger::detach_run(task_record& record) {
  auto& details = record.make_details();
  auto& runs = sessions_[details.session].runs;
  runs[details.run_index] = runs.back();
  tasks_.find(runs.back().serial())->make_details().run_index = details.run_index;
  runs.pop_back();
  details.session = 0;
}

task_record* ledger::find_local(task_id id) {
  return id.shard() == options_.shard ? tasks_.find(id.serial()) : nullptr;
}

task_record& ledger::known(task_id id) {
  auto* record = find_local(id);
  expects(record, "ledger: an event speaks of a known task");
  mark_dirty(id.serial());
  return *record;
}

ledger::queue_state& ledger::queue_at(std::uint32_t index) {
  auto [found, is_new] = queues_.try_emplace(index);
  if (is_new)
    found->second.settings.queue = names_[index];
  return found->second;
}

std::uint32_t ledger::index_of(const std::string& name) {
  auto [found, is_new] = indexes_.try_emplace(name, static_cast<std::uint32_t>(names_.size()));
  if (is_new)
    names_.push_back(name);
  return found->second;
}

std::uint32_t ledger::acquire_rules(task_spec& spec, durability level) {
  return rules_.acquire({.queue = index_of(spec.queue),
                      .kind = index_of(spec.kind),
                      .priority = static_cast<std::int8_t>(spec.priority),
                      .level = level,
                      .timeout = spec.timeout,
                      .retention = spec.retention,
                      .retry = std::move(spec.retry)});
}

ready_lane& ledger::lane_for_update(const task_record& record) {
  const auto& rules = rules_of(record);
  auto& lane = queue_at(rules.queue).lanes[rules.kind];
  mark_changed(lane, {rules.queue, rules.kind});
  return lane.tasks;
}

void ledger::mark_changed(lane_state& lane, lane_name name) {
  if (!std::exchange(lane.is_changed, true))
    changed_lanes_.push_back(name);
}

bool ledger::is_valid(const ready_entry& entry) const {
  const auto* record = tasks_.find(entry.id.serial());
  return record && record->state == task_state::ready && record->due == entry.due;
}

} // namespace belfry
