#include "task/state/session_leases.hpp"

#include "belfry/contract.hpp"
#include "task/state/shard_epoch.hpp"

#include <algorithm>

namespace belfry {

namespace {

constexpr std::uint64_t grants_per_epoch = 1ULL << 40;

} // namespace

session_leases::session_leases(shard_timers& timers, const ledger_options& options)
    : timers_(timers), lease_(options.runs.lease), epoch_(options.epoch) {
  expects(epoch_ < epoch_end, "ledger: the epoch fits into a token");
}

std::uint32_t session_leases::index_of(session_id id) {
  auto [found, is_new] = indexes_.try_emplace(id, 0);
  if (!is_new)
    return found->second;
  if (free_indexes_.empty()) {
    free_indexes_.insert(index_end());
    sessions_.emplace_back();
  }
  found->second = free_indexes_.extract(free_indexes_.begin()).value();
  sessions_[found->second] = {};
  sessions_[found->second].id = id;
  return found->second;
}

void session_leases::renew(session_id id, instant now) {
  const auto index = index_of(id);
  auto& session = sessions_[index];
  session.lease_expires_at = std::max(session.lease_expires_at, now + lease_);
  if (session.wakes_at == instant_max)
    set_timer(index);
}

void session_leases::renew_all(instant now) {
  for (const auto& [id, index] : indexes_)
    renew(id, now);
}

void session_leases::extend_all(duration late) {
  for (auto& session : sessions_)
    session.lease_expires_at += late;
}

bool session_leases::is_expired(std::uint32_t index, instant now) {
  auto& session = sessions_[index];
  session.wakes_at = instant_max;
  if (session.lease_expires_at <= now)
    return true;
  set_timer(index);
  return false;
}

bool session_leases::tells_begin(session_id id) const {
  const auto found = indexes_.find(id);
  return found != indexes_.end() && sessions_[found->second].tells_begin;
}

void session_leases::remove(std::uint32_t index) {
  indexes_.erase(sessions_[index].id);
  sessions_[index] = {};
  free_indexes_.insert(index);
  while (free_indexes_.erase(index_end() - 1) > 0)
    sessions_.pop_back();
}

fencing_token session_leases::next_token() {
  expects(next_grant_ < grants_per_epoch, "ledger: an epoch has tokens left");
  return {epoch_ * grants_per_epoch + next_grant_++};
}

bool session_leases::was_given(fencing_token token) const {
  return token.value < epoch_ * grants_per_epoch + next_grant_;
}

void session_leases::mark_sent(const granted_run& last) {
  const auto found = indexes_.find(last.session);
  expects(found != indexes_.end(), "session_leases::mark_sent: the run is live");
  auto& latest = sessions_[found->second].last_sent;
  latest = std::max(latest, last.token);
}

bool session_leases::was_sent(std::uint32_t index, fencing_token token) const {
  return token <= sessions_[index].last_sent || token.value < epoch_ * grants_per_epoch;
}

void session_leases::attach_run(task_record& record, session_id id) {
  auto& details = record.make_details();
  details.session = index_of(id);
  auto& session = sessions_[details.session];
  details.run_index = static_cast<std::uint32_t>(session.runs.size());
  session.runs.push_back(record.id);
}

void session_leases::detach_run(task_record& record, task_table& tasks) {
  auto& details = record.make_details();
  auto& runs = sessions_[details.session].runs;
  runs[details.run_index] = runs.back();
  tasks.find(runs.back().serial())->make_details().run_index = details.run_index;
  runs.pop_back();
  details.session = 0;
}

void session_leases::set_timer(std::uint32_t index) {
  auto& session = sessions_[index];
  session.wakes_at = session.lease_expires_at;
  timers_.add(timer_kind::session, index, session.lease_expires_at);
}

} // namespace belfry
