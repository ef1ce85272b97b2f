#include "dispatcher/worker_registry.hpp"

#include <algorithm>

namespace belfry {

namespace {

// Far beyond what one process can run; more is a mistake in a flag or damage.
constexpr std::uint32_t slots_max = 100'000;
constexpr std::uint32_t credit_max = 1'000'000;
constexpr int names_max = 10'000;

} // namespace

worker_registry::entry& worker_registry::attach(const caf::actor& from, const wire::Attach& attach,
                                                time_point now) {
  auto& one = entries_[session_id{attach.session()}];
  one.worker = from;
  one.heard = now;
  one.is_welcome_due = false;
  one.info.Clear();
  one.info.set_session(attach.session());
  one.info.set_name(attach.name());
  *one.info.mutable_kinds() = attach.kinds();
  *one.info.mutable_queues() = attach.queues();
  one.info.set_slots(attach.slots());
  one.info.set_running(std::min(static_cast<std::uint32_t>(attach.running_size()), attach.slots()));
  return one;
}

worker_registry::entry* worker_registry::find(session_id session) {
  const auto found = entries_.find(session);
  return found == entries_.end() ? nullptr : &found->second;
}

std::vector<session_id> worker_registry::disconnect(const caf::actor_addr& worker) {
  std::vector<session_id> lost;
  for (auto& [session, one] : entries_) {
    if (!one.worker || one.worker.address() != worker)
      continue;
    one.worker = nullptr;
    one.is_welcome_due = false;
    lost.push_back(session);
  }
  return lost;
}

std::vector<std::pair<session_id, worker_registry::entry>>
worker_registry::remove_expired(time_point now, duration lease) {
  std::vector<std::pair<session_id, entry>> silent;
  for (auto at = entries_.begin(); at != entries_.end();) {
    if (now - at->second.heard <= lease) {
      ++at;
      continue;
    }
    silent.emplace_back(at->first, std::move(at->second));
    at = entries_.erase(at);
  }
  return silent;
}

bool worker_registry::is_connected(const caf::actor& worker) const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [&](const auto& known) { return known.second.worker == worker; });
}

void worker_registry::describe(wire::NodeStatus& status, time_point now) const {
  for (const auto& [session, one] : entries_) {
    auto* info = status.add_workers();
    *info = one.info;
    info->set_is_connected(one.worker != nullptr);
    info->set_since_heartbeat_ms(std::chrono::duration_cast<duration>(now - one.heard).count());
  }
}

std::string attach_error(const wire::Attach& attach) {
  if (attach.session() == 0)
    return "attach: session is 0, a number drawn at random was expected";
  if (attach.kinds_size() == 0)
    return "attach: a worker that runs no kind of task has nothing to do here";
  if (attach.kinds_size() > names_max || attach.queues_size() > names_max)
    return "attach: more than " + std::to_string(names_max) + " kinds or queues";
  if (attach.slots() == 0 || attach.slots() > slots_max)
    return "attach: slots is " + std::to_string(attach.slots()) + ", 1 to " +
           std::to_string(slots_max) + " was expected";
  if (attach.credit() > credit_max)
    return "attach: credit is " + std::to_string(attach.credit()) + ", at most " +
           std::to_string(credit_max) + " was expected";
  return {};
}

} // namespace belfry
