#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace belfry::bench {

/// The cluster name of a run in its database.
inline constexpr auto bench_cluster = "belfry_bench";

/// The options of a run's processes, from their command line.
struct role_options {
  std::uint16_t port = 0; ///< of the node

  // The node.
  std::string data_directory;
  std::string store; ///< or this
  std::string name = "bench";
  std::uint16_t shards = 0; ///< 0: as many as a new node makes
  std::size_t open_max = 0; ///< tasks per shard; 0: as usual

  // The producer.
  std::int64_t count = 1000;
  std::string when = "now";     ///< or "spread" over a span, or in an "hour"
  std::int64_t lead_ms = 1000;  ///< from the start to the begin of the span
  std::int64_t span_ms = 10000; ///< its length
  std::int64_t pace = 0;        ///< tasks a second; 0: as fast as can be
  std::int64_t limit_ms = 0;    ///< stops submitting after this; 0: no limit
  std::int64_t first = 0;       ///< number of the first task
  std::int32_t priority = 0;
  std::int64_t high_every = 0; ///< each task whose number this divides has priority 1; 0: none
  std::int64_t queues = 0;     ///< number of queues that get them in turn; 0: the default queue

  // Producer and worker.
  std::int64_t fail_every = 0; ///< each task whose number this divides fails once; 0: none

  // The worker.
  std::uint32_t slots = 64;
  std::optional<std::uint32_t> prefetch; ///< nothing: the worker's own choice
  std::string records;                   ///< a file for what it ran
  std::int64_t run_us = 0;               ///< each run sleeps this long
};

/// Writes its port, then keeps tasks until its input ends.
int run_node_role(const role_options& options);

/// Writes "ready", waits for a line, submits, and writes one line of JSON: n, start_us, end_us,
/// t0_us, the begin of the span.
int run_producer(const role_options& options);

/// Writes "ready", then runs tasks that do nothing, or sleep, until its input ends. Answers each
/// line with the number of tasks it has run.
int work(const role_options& options);

} // namespace belfry::bench
