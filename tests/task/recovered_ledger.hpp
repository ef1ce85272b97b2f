#pragma once

#include "ledger_fixture.hpp"

namespace belfry {

struct null_sink : event_sink {
  void record(const event&, durability) override {}
};

/// Collects the records of one snapshot.
struct snapshot_records : snapshot_sink {
  std::vector<std::string> records;
  wire::event_writer writer;

  void add(std::uint64_t, const event& part) override {
    writer.add(part);
    records.push_back(writer.finish_record());
  }
};

/// A second ledger, recovered from the journal of the first.
struct recovered_ledger {
  null_sink sink;
  ledger tasks;

  explicit recovered_ledger(const ledger_fixture& original)
      : recovered_ledger(original, original.journal) {}

  /// Recovers after the shard was down for `down`.
  recovered_ledger(ledger_fixture& original, duration down)
      : recovered_ledger((original.now += down, original), original.journal) {}

  /// Recovers from `records`: the parts of a snapshot and the journal behind it.
  recovered_ledger(const ledger_fixture& original, const std::vector<std::string>& records)
      : tasks({.shard = {3}, .epoch = 2}, sink, original.now) {
    for (const auto& bytes : records)
      REQUIRE(wire::read_events(bytes, [&](event recorded) {
                tasks.replay(std::move(recorded));
              }).ok());
    tasks.finish_recovery(original.now);
    while (tasks.next_wakeup() && *tasks.next_wakeup() <= original.now)
      tasks.advance(original.now, 1000);
  }
};

} // namespace belfry
