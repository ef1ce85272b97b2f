#pragma once

#include "belfry/actors/protocol.hpp"
#include "belfry/ids.hpp"

#include "wire/messages.pb.h"

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace belfry {

/// Names one run: a task and the token it was granted with. Tokens alone do not: every shard counts
/// its own.
struct run_key {
  task_id task;
  fencing_token token;

  friend auto operator<=>(const run_key&, const run_key&) = default;
};

/// Outcomes on their way to their shards, at most one report per shard at a time.
///
/// Owned by one worker; not thread-safe. Asks for no time: `now_ms` comes from the caller and only
/// has to go up.
class outcome_sender {
public:
  explicit outcome_sender(session_id session) : session_(session) {}

  /// Puts `outcome` behind the others of its shard.
  void add(wire::RunOutcome&& outcome);

  /// The sealed reports of all shards that have outcomes and none under way. They are under way
  /// from now on.
  [[nodiscard]] std::vector<envelope> next(std::int64_t now_ms);

  /// The reports under way that were last sent before `before_ms`, to be sent again.
  [[nodiscard]] std::vector<envelope> resend(std::int64_t before_ms, std::int64_t now_ms);

  /// The shard has the report: forgets it and returns its runs. Returns none if it is not the one
  /// under way.
  std::vector<run_key> confirm(shard_id shard, std::uint64_t sequence);

  /// Whether every outcome was confirmed.
  [[nodiscard]] bool is_empty() const;

private:
  struct shard_queue {
    std::vector<wire::RunOutcome> waiting;
    std::uint64_t sequence = 0; // Of the latest report.
    std::vector<run_key> in_flight;
    std::vector<char> sealed;
    std::int64_t sent_ms = 0;
  };

  void build_report(shard_id shard, shard_queue& one);

  session_id session_;
  std::map<shard_id, shard_queue> shard_queues_;
  wire::Report report_; // Reused: its strings keep their memory.
};

} // namespace belfry
