#include "dispatcher/worker_registry.hpp"

#include <algorithm>

namespace belfry {

namespace {

// Far beyond what one process can run; more is a mistyped flag or a damaged message.
constexpr std::uint32_t slots_max = 100'000;
constexpr std::uint32_t credit_max = 1'000'000;
constexpr int names_max = 10'000;

/// By the Attach of an earlier version, which does not say what has begun, a slot is taken first.
void set_run_counts(const wire::Attach& attach, wire::WorkerInfo& info) {
  const auto held = static_cast<std::uint32_t>(attach.running_size());
  const auto begun = static_cast<std::uint32_t>(
      std::count_if(attach.running().begin(), attach.running().end(),
                    [](const wire::RunRef& run) { return run.has_began_ms(); }));
  info.set_running(attach.has_clock_ms() ? begun : std::min(held, attach.slots()));
  info.set_reserved(attach.has_clock_ms() ? held - begun : 0);
}

} // namespace

worker_registry::entry& worker_registry::attach(const caf::actor& worker,
                                                const wire::Attach& attach, time_point now) {
  auto& attached = entries_[session_id{attach.session()}];
  attached.worker = worker;
  attached.last_seen = now;
  attached.is_reattach_due = false;
  attached.info.Clear();
  attached.info.set_session(attach.session());
  attached.info.set_name(attach.name());
  *attached.info.mutable_kinds() = attach.kinds();
  *attached.info.mutable_queues() = attach.queues();
  attached.info.set_slots(attach.slots());
  set_run_counts(attach, attached.info);
  return attached;
}

worker_registry::entry* worker_registry::find(session_id session) {
  const auto found = entries_.find(session);
  return found == entries_.end() ? nullptr : &found->second;
}

std::vector<session_id> worker_registry::disconnect(const caf::actor_addr& worker) {
  std::vector<session_id> lost;
  for (auto& [session, known] : entries_) {
    if (!known.worker || known.worker.address() != worker)
      continue;
    known.worker = nullptr;
    known.is_reattach_due = false;
    lost.push_back(session);
  }
  return lost;
}

std::vector<std::pair<session_id, worker_registry::entry>>
worker_registry::remove_expired(time_point now, duration lease) {
  std::vector<std::pair<session_id, entry>> expired;
  for (auto position = entries_.begin(); position != entries_.end();) {
    if (now - position->second.last_seen <= lease) {
      ++position;
      continue;
    }
    expired.emplace_back(position->first, std::move(position->second));
    position = entries_.erase(position);
  }
  return expired;
}

bool worker_registry::is_connected(const caf::actor& worker) const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [&](const auto& known) { return known.second.worker == worker; });
}

void worker_registry::describe(wire::NodeStatus& status, time_point now) const {
  for (const auto& [session, known] : entries_) {
    auto* info = status.add_workers();
    *info = known.info;
    info->set_is_connected(known.worker != nullptr);
    info->set_since_heartbeat_ms(
        std::chrono::duration_cast<duration>(now - known.last_seen).count());
  }
}

std::string attach_error(const wire::Attach& attach) {
  if (attach.session() == 0)
    return "attach: session is 0, expected a random number";
  if (attach.kinds_size() == 0)
    return "attach: kinds is empty, expected at least one kind of task";
  if (attach.kinds_size() > names_max || attach.queues_size() > names_max)
    return "attach: more than " + std::to_string(names_max) + " kinds or queues";
  if (attach.slots() == 0 || attach.slots() > slots_max)
    return "attach: slots is " + std::to_string(attach.slots()) + ", expected 1 to " +
           std::to_string(slots_max);
  if (attach.credit() > credit_max)
    return "attach: credit is " + std::to_string(attach.credit()) + ", expected at most " +
           std::to_string(credit_max);
  return {};
}

} // namespace belfry
