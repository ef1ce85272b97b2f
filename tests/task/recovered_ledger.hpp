#pragma once

#include "ledger_fixture.hpp"

namespace belfry {

struct null_sink : event_sink {
  void record(const event&, durability) override {}
};

/// A second ledger made from what the first one left behind.
struct recovered_ledger {
  null_sink sink;
  ledger tasks;

  explicit recovered_ledger(const ledger_fixture& from) : recovered_ledger(from, from.journal) {}

  /// After the shard was down for so long.
  recovered_ledger(ledger_fixture& from, duration down)
      : recovered_ledger((from.now += down, from), from.journal) {}

  /// From `records`: the parts of a snapshot and the journal behind it.
  recovered_ledger(const ledger_fixture& from, const std::vector<std::string>& records)
      : tasks({.shard = {3}, .epoch = 2}, sink, from.now) {
    for (const auto& bytes : records)
      REQUIRE(wire::read_events(bytes, [&](event recorded) {
                tasks.replay(std::move(recorded));
              }).ok());
    tasks.finish_recovery(from.now);
    while (tasks.next_wakeup() && *tasks.next_wakeup() <= from.now)
      tasks.advance(from.now, 1000);
  }
};

} // namespace belfry
