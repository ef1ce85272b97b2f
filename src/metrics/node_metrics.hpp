#pragma once

#include "belfry/ids.hpp"
#include "belfry/time.hpp"
#include "dispatch/waiting_reason.hpp"
#include "metrics/duration_histogram.hpp"
#include "metrics/task_counters.hpp"
#include "task/summaries.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace belfry {

/// What a shard says of itself at one moment.
struct shard_metrics {
  shard_id shard;
  bool is_serving = false; ///< false: it recovers, and the next four are empty
  std::vector<queue_summary> queues;
  std::vector<ready_summary> lanes;
  duration write_pending{0}; ///< how long the batch in flight has waited for the storage
  std::string write_refusal; ///< why the storage refuses the batch for now; empty: it does not
  instant at{};              ///< the shard's clock
  task_counters counters;    ///< empty if nothing is counted
};

/// What the journal keeper of a node says of the storage. The histograms count groups of batches.
struct journal_metrics {
  duration_histogram write_time;
  duration_histogram sync_time;
  std::uint64_t batches = 0;
  std::uint64_t bytes = 0;
  duration slowest_recent{0}; ///< write or sync within `slow_write_memory`
  std::string trouble;        ///< why the storage does not take everything; empty: it does
};

struct worker_metrics {
  std::string name;
  std::uint32_t slots = 0;
  std::uint32_t running = 0;  ///< by its latest message, as is the next
  std::uint32_t reserved = 0; ///< waiting in it for a slot
  bool is_connected = false;
};

/// What the dispatcher says about lanes that it was asked about.
struct dispatch_metrics {
  struct departed_worker {
    std::string name;
    duration ago{0};
  };
  std::vector<waiting_reason> reasons;            ///< of each lane, in order
  std::optional<departed_worker> latest_departed; ///< whose connection was lost last
};

/// The ready tasks of one kind in one queue of a node.
struct lane_metrics {
  std::string queue;
  std::string kind;
  std::uint64_t ready = 0;
  duration oldest_age{0};                 ///< since the oldest was due
  std::optional<waiting_reason> reason{}; ///< nothing: the dispatcher did not answer
};

/// One queue of a node.
struct queue_metrics {
  state_counts counts{};
  bool is_paused = false;
};

/// A node at one moment: its own shards, and the workers that are attached to it.
struct node_metrics {
  std::string node;
  std::uint32_t shards_held = 0; ///< owned by this node
  std::uint32_t shards_serving = 0;
  std::vector<shard_id> silent_shards; ///< did not answer in time
  duration longest_silence{0};         ///< of those: since one answered last, or was started
  bool is_joined = true;
  std::optional<duration> stops_within;      ///< nothing: it is not stopping
  bool is_complete = true;                   ///< false: router or dispatcher did not answer
  std::optional<std::uint64_t> outbox_tasks; ///< nothing: it has no outbox
  duration clock_offset{0};
  std::string storage_trouble;            ///< empty: none
  std::optional<journal_metrics> journal; ///< nothing: the journal keeper did not answer
  bool is_journal_open = true;            ///< false: that is because it is being restarted
  duration write_pending{0};              ///< the longest of its shards
  std::map<std::string, queue_metrics> queues;
  std::vector<lane_metrics> lanes; ///< ordered by queue, then kind
  std::vector<worker_metrics> workers;
  std::optional<dispatch_metrics::departed_worker> latest_departed;
  std::map<task_counters::name, event_counts> counts; ///< since the process started
  std::map<errc, std::uint64_t> refused_batches;
  std::uint64_t stale_outcomes = 0;
};

/// How long a slow write counts: then the storage of an idle node is not called slow any more.
inline constexpr duration slow_write_memory{10'000};

/// How long a node waits for its own actors before it goes on without their part.
inline constexpr duration metrics_patience{2'000};

/// Adds what a shard said. Complexity: linear in it.
void merge(const shard_metrics& part, node_metrics& to);
/// Adds what a shard has counted, also if the shard does not run here at present.
void merge(const task_counters& part, node_metrics& to);

} // namespace belfry
