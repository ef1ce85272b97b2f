// Recovery and recording. What clients, workers, schedules and time ask for is decided in
// ledger_submits.cpp, ledger_clients.cpp, ledger_runs.cpp, ledger_schedules.cpp and
// ledger_timers.cpp.
#include "task/ledger.hpp"

#include <algorithm>
#include <utility>

namespace belfry {

namespace {

constexpr std::uint64_t serials_reserved_at_once = 1 << 16;

} // namespace

ledger::ledger(const ledger_options& options, event_sink& sink, instant now)
    : state_(options, now), sink_(sink), random_(options.seed) {}

void ledger::commit(event decided, durability level) {
  sink_.record(decided, level);
  applier_.apply(decided);
}

void ledger::reserve_serials() {
  if (state_.next_serial > state_.reserved_serial_max)
    commit(serials_reserved{state_.next_serial + serials_reserved_at_once - 1},
           durability::durable);
}

void ledger::finish_recovery(instant now) {
  state_.next_serial =
      std::max({state_.next_serial, state_.reserved_serial_max + 1, state_.options.serial_min});
  state_.pending_effects = {};
  state_.sessions.renew_all(now);
  // Clients could not repeat a batch while the shard was down.
  state_.duplicates.restart_window(now);
  for (auto& resumed : state_.schedules.ahead_of(now))
    commit(std::move(resumed), durability::durable);
  fire_at_boot(now);
}

} // namespace belfry
