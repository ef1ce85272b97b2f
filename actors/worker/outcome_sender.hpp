#pragma once

#include "belfry/actors/protocol.hpp"
#include "belfry/ids.hpp"

#include "wire/messages.pb.h"

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace belfry {

/// Identifies a run: a task and the fencing token of its grant. Tokens alone do not: each shard
/// counts its own.
struct run_key {
  task_id task;
  fencing_token token;

  friend auto operator<=>(const run_key&, const run_key&) = default;
};

/// Sends outcomes to their shards, with at most one report per shard in flight.
///
/// Owned by one worker; not thread-safe. `now_ms` is of any clock that does not go back.
class outcome_sender {
public:
  explicit outcome_sender(session_id session) : session_(session) {}

  /// Appends `outcome` to the queue of its shard.
  void add(wire::RunOutcome&& outcome);

  /// Names a run that has begun, at `began_ms` of that clock, in the next report to its shard.
  /// Returns whether one is about to be sent.
  bool add_begun(const run_key& run, std::int64_t began_ms);

  /// The sealed reports of all shards that have outcomes and no report in flight. They count as in
  /// flight from now on.
  [[nodiscard]] std::vector<envelope> next(std::int64_t now_ms);

  /// The reports in flight that were last sent before `before_ms`, to be sent again: the same but
  /// for their clock, which says `now_ms`. The shard dates begins by how long ago that clock says
  /// they were.
  [[nodiscard]] std::vector<envelope> resend(std::int64_t before_ms, std::int64_t now_ms);

  /// The shard has acknowledged the report: removes it and returns its runs. Returns none if that
  /// report is not in flight.
  std::vector<run_key> confirm(shard_id shard, std::uint64_t sequence);

  /// Whether every outcome was acknowledged.
  [[nodiscard]] bool is_empty() const;

private:
  struct shard_queue {
    google::protobuf::RepeatedPtrField<wire::RunOutcome> waiting;
    std::vector<wire::RunRef> begun; // For the next report.
    std::uint64_t sequence = 0;      // Of the latest report.
    std::vector<run_key> in_flight;
    std::vector<char> sealed;
    std::int64_t sent_ms = 0;
  };

  void set_clock(std::vector<char>& sealed, std::int64_t now_ms);
  void build_report(shard_id shard, shard_queue& queue, std::int64_t now_ms);

  session_id session_;
  std::map<shard_id, shard_queue> shard_queues_;
  wire::Report report_; // Reused: its strings keep their memory.
};

} // namespace belfry
