// The ledger's core: recording, applying, indexes and time. What clients, workers and schedules
// ask for is decided in ledger_clients.cpp, ledger_runs.cpp and ledger_schedules.cpp.
#include "task/ledger.hpp"

#include "belfry/situation.hpp"

#include "task/lifecycle.hpp"
#include "task/timer_keys.hpp"

#include <algorithm>
#include <limits>

namespace belfry {

namespace {

situation promotion_was_bounded{"more is due than one step may take"};
situation timer_was_overruled{"a timer is overruled by one that expired with it"};
situation shard_ended_a_run{"a shard ends a run whose worker let its time limit pass"};

constexpr std::uint64_t serials_reserved_at_once = 1 << 16;
constexpr std::int64_t started_ms_ago_max = std::numeric_limits<std::uint32_t>::max();

} // namespace

ledger::ledger(ledger_options options, event_sink& sink, instant now)
    : options_(options), sink_(sink), random_(options.seed), wheel_(now), sessions_(1) {}

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

void ledger::recovered(instant now) {
  next_serial_ = std::max(next_serial_, reserved_ + 1);
  consequences_ = {};
  for (auto& [id, index] : session_indexes_)
    hear(id, now);
  // Nobody could repeat a batch while there was no shard: its time counts anew.
  client_ages_.clear();
  for (auto& [client, known] : clients_) {
    known.at = now;
    client_ages_.emplace_back(now, client);
  }
}

// --- time ---

std::size_t ledger::advance(instant now, std::size_t limit) {
  advanced_at_ = now;
  forget_old_clients_and_keys(now);
  expired_.clear();
  const auto count = wheel_.advance_to(now, limit, expired_);
  if (count >= limit)
    promotion_was_bounded.reached();
  // What one timer does may overrule another that has expired with it: each wakes its owner only
  // if it is still the owner's timer.
  for (const auto& [key, due, handle] : expired_) {
    const auto number = number_of(key);
    switch (kind_of(key)) {
    case timer_kind::task:
      wake_task(number, handle, now);
      break;
    case timer_kind::session:
      wake_session(static_cast<std::uint32_t>(number), handle, now);
      break;
    case timer_kind::schedule:
      wake_schedule(static_cast<std::uint32_t>(number), handle, now);
      break;
    }
  }
  return count;
}

std::optional<instant> ledger::next_wakeup() const {
  return wheel_.next_wakeup();
}

void ledger::wake_task(std::uint64_t serial, timer_handle by, instant now) {
  auto* record = tasks_.find(serial);
  if (!record || record->timer != by)
    return timer_was_overruled.reached();
  record->timer = {};
  if (is_settled(record->state))
    return forget(*record);
  // A live worker ends such a run itself: this one is dead or stuck, and the run may be why.
  if (record->state == task_state::running) {
    shard_ended_a_run.reached();
    return fail_run(*record, "timed_out: no word from the worker beyond the time limit",
                    "timed_out", true, false, now);
  }
  if (is_too_late(*record, now))
    return commit(task_expired{record->id, now}, record->level);
  if (record->state == task_state::scheduled)
    take(*record, step::comes_due, now);
}

bool ledger::is_too_late(const task_record& record, instant now) const {
  return record.extra && record.extra->start_by && !record.was_started &&
         now > *record.extra->start_by;
}

void ledger::forget_old_clients_and_keys(instant now) {
  while (!client_ages_.empty() && client_ages_.front().first + options_.client_memory < now) {
    const auto [at, client] = client_ages_.front();
    client_ages_.pop_front();
    if (auto found = clients_.find(client); found != clients_.end() && found->second.at == at)
      clients_.erase(found);
  }
  while (!key_ages_.empty() && key_ages_.begin()->first <= now) {
    const auto& [until, key] = *key_ages_.begin();
    if (auto found = keys_.find(key); found != keys_.end() && found->second.until == until)
      keys_.erase(found);
    key_ages_.erase(key_ages_.begin());
  }
}

// --- applying ---

void ledger::apply(task_submitted& what) {
  const auto serial = what.id.serial();
  next_serial_ = std::max(next_serial_, serial + 1);
  auto& spec = what.spec;
  touch(serial);
  auto& record = tasks_.add(serial);
  record.id = what.id;
  record.level = what.level;
  record.accepted_at = record.changed_at = what.at;
  record.due = what.due;
  record.timeout = spec.timeout;
  record.retention = spec.retention;
  record.priority = static_cast<std::int8_t>(spec.priority);
  record.queue = index_of(spec.queue);
  record.kind = index_of(spec.kind);
  static const retry_policy usual;
  if (spec.retry != usual || spec.start_by || !spec.key.empty() || !what.schedule.empty()) {
    auto& extra = record.more();
    extra.retry = std::move(spec.retry);
    extra.start_by = spec.start_by;
    extra.schedule = std::move(what.schedule);
    if (!spec.key.empty()) {
      const auto until = what.at + spec.key_ttl;
      auto name = key_name(spec.queue, spec.key);
      key_ages_.emplace(until, name);
      keys_[std::move(name)] = {what.id, until};
      extra.key = std::move(spec.key);
    }
  }
  record.payload = fixed_bytes(spec.payload);
  record.state = what.due <= what.at ? task_state::ready : task_state::scheduled;
  ++queue_named(record.queue).counts[static_cast<std::size_t>(record.state)];
  enter(record);
}

void ledger::apply(task_started& what) {
  auto& record = known(what.id);
  // Coming due is not an event.
  if (record.state == task_state::scheduled)
    take(record, step::comes_due, what.at);
  record.token = what.token;
  ++record.attempt;
  record.was_started_before = record.was_started;
  record.was_started = true;
  take(record, step::starts, what.at);
  hold(record, what.session);
}

void ledger::apply(task_succeeded& what) {
  auto& record = known(what.id);
  if (!what.output.empty())
    record.more().output = std::move(what.output);
  take(record, step::succeeds, what.at);
}

void ledger::apply(task_failed& what) {
  auto& record = known(what.id);
  record.more().last_error = std::move(what.error);
  if (what.is_crash)
    ++record.crashes;
  if (what.retry_at)
    record.due = *what.retry_at;
  const auto how = what.retry_at ? step::fails_for_now : step::fails_for_good;
  take(record, how, what.at);
}

void ledger::apply(task_snoozed& what) {
  auto& record = known(what.id);
  --record.attempt;
  if (what.never_began)
    record.was_started = record.was_started_before;
  record.due = what.until;
  take(record, step::snoozes, what.at);
}

void ledger::apply(cancel_asked& what) {
  auto& record = known(what.id);
  record.is_cancel_asked = true;
  consequences_.revokes.push_back({sessions_[record.session].id, record.id, record.token});
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
  record.attempt = record.crashes = 0;
  record.was_requeued = true;
  record.due = what.at;
  take(record, step::is_requeued, what.at);
}

void ledger::apply(batch_accepted& what) {
  auto& client = clients_[what.client];
  client.sequence = what.sequence;
  client.at = what.at;
  client.outcomes = std::move(what.outcomes);
  client_ages_.emplace_back(what.at, what.client);
}

void ledger::apply(queue_set& what) {
  const auto index = index_of(what.queue);
  auto& queue = queue_named(index);
  queue.settings = std::move(what);
  for (auto& [kind, lane] : queue.lanes)
    note_change(lane, {index, kind});
  if (queue.settings.is_paused)
    recall(index);
}

void ledger::recall(std::uint32_t queue) {
  for (const auto& session : sessions_)
    for (const auto id : session.runs)
      if (const auto& record = *tasks_.find(id.serial()); record.queue == queue)
        consequences_.recalls.push_back({session.id, id, record.token});
}

void ledger::apply(serials_reserved& what) {
  reserved_ = what.upto;
}

// --- indexes ---

void ledger::take(task_record& record, step what, instant at) {
  const auto state = after(record.state, what);
  expects(state.has_value(), "ledger: the life cycle allows this step");
  move_to(record, *state, at);
}

void ledger::move_to(task_record& record, task_state state, instant at) {
  leave(record);
  auto& counts = queue_named(record.queue).counts;
  --counts[static_cast<std::size_t>(record.state)];
  ++counts[static_cast<std::size_t>(state)];
  const auto ago = record.started_ms_ago + (at - record.changed_at).count();
  record.started_ms_ago =
      state == task_state::running
          ? 0
          : static_cast<std::uint32_t>(std::clamp<std::int64_t>(ago, 0, started_ms_ago_max));
  record.state = state;
  record.changed_at = at;
  enter(record);
}

void ledger::enter(task_record& record) {
  switch (record.state) {
  case task_state::scheduled:
    return set_timer(record, record.due);
  case task_state::ready:
    record.place = next_mark_++;
    changed_lane_of(record).add({record.priority, record.place, record.due, record.id});
    if (record.extra && record.extra->start_by && !record.was_started)
      set_timer(record, *record.extra->start_by + duration{1});
    return;
  case task_state::running:
    if (record.timeout > duration{0})
      set_timer(record, record.changed_at + record.timeout + options_.runs.timeout_grace);
    return;
  default:
    return enter_settled(record);
  }
}

void ledger::leave(task_record& record) {
  wheel_.cancel(std::exchange(record.timer, {}));
  if (record.state == task_state::ready) {
    changed_lane_of(record).leave();
  } else if (record.state == task_state::running) {
    detach_run(record);
  } else if (is_settled(record.state) && record.state != task_state::dead) {
    --settled_count_;
  }
}

void ledger::enter_settled(task_record& record) {
  record.is_cancel_asked = false;
  consequences_.settled.push_back(record.id);
  if (record.extra && !record.extra->schedule.empty())
    wake_schedule_of(record);
  if (record.state == task_state::dead) {
    record.was_requeued = false;
    return set_timer(record, record.changed_at + options_.dead_retention);
  }
  record.payload = {};
  set_timer(record, record.changed_at + record.retention);
  settled_.push_back(record.id);
  ++settled_count_;
  while (settled_.size() > options_.settled_kept_max) {
    const auto oldest = settled_.front();
    settled_.pop_front();
    if (auto* old = tasks_.find(oldest.serial());
        old && is_settled(old->state) && old->state != task_state::dead && old != &record)
      forget(*old);
  }
}

void ledger::forget(task_record& record) {
  leave(record);
  --queue_named(record.queue).counts[static_cast<std::size_t>(record.state)];
  tasks_.remove(record.id.serial());
}

void ledger::hold(task_record& record, session_id by) {
  record.session = session_index(by);
  auto& session = sessions_[record.session];
  record.place = static_cast<std::uint32_t>(session.runs.size());
  session.runs.push_back(record.id);
}

void ledger::detach_run(task_record& record) {
  auto& runs = sessions_[record.session].runs;
  runs[record.place] = runs.back();
  tasks_.find(runs.back().serial())->place = record.place;
  runs.pop_back();
  record.session = 0;
}

void ledger::set_timer(task_record& record, instant at) {
  record.timer = wheel_.add(timer_key_of(timer_kind::task, record.id.serial()), at);
}

task_record* ledger::find_own(task_id id) {
  return id.shard() == options_.shard ? tasks_.find(id.serial()) : nullptr;
}

task_record& ledger::known(task_id id) {
  auto* record = find_own(id);
  expects(record, "ledger: an event speaks of a known task");
  touch(id.serial());
  return *record;
}

ledger::queue_state& ledger::queue_named(std::uint32_t index) {
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

ready_lane& ledger::changed_lane_of(const task_record& record) {
  auto& lane = queue_named(record.queue).lanes[record.kind];
  note_change(lane, {record.queue, record.kind});
  return lane.tasks;
}

void ledger::note_change(lane_state& lane, lane_name name) {
  if (!std::exchange(lane.is_changed, true))
    changed_lanes_.push_back(name);
}

bool ledger::is_valid(const ready_entry& entry) const {
  const auto* record = tasks_.find(entry.id.serial());
  return record && record->state == task_state::ready && record->place == entry.mark;
}

} // namespace belfry
