#pragma once

#include "belfry/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace belfry {

/// How a queue is doing, or why its ready tasks do not start. Its name travels, not its number.
enum class queue_verdict : std::uint8_t {
  unknown,             ///< a verdict that this version does not know; the text says it
  idle,                ///< no task is ready
  keeps_up,            ///< the oldest ready task has waited for 10 s at most
  paused,              ///< tasks wait because the queue is paused; as somebody wants it
  no_worker,           ///< no worker is attached to the node
  no_worker_for_kind,  ///< no attached worker runs a kind of task that is ready
  no_worker_for_queue, ///< no worker that runs the kind takes tasks of the queue
  all_slots_busy,      ///< the workers have no free slot
  storage,             ///< the storage is full, slow or unreachable
  not_starting,        ///< a worker has a free slot, and tasks wait all the same
};

/// `idle`, `keeps_up`, …
std::string_view to_string(queue_verdict verdict);

/// Reads a verdict's name; `unknown` if there is no such verdict.
queue_verdict parse_queue_verdict(std::string_view name);

struct queue_health {
  std::string queue{};
  queue_verdict verdict = queue_verdict::unknown;
  bool is_ok = true;  ///< false: somebody should look
  std::string text{}; ///< a sentence
  std::uint64_t scheduled = 0;
  std::uint64_t ready = 0;
  std::uint64_t reserved = 0;
  std::uint64_t running = 0;
  std::uint64_t dead = 0;
  duration oldest_ready_age{0}; ///< since the oldest ready task was due
};

/// What is wrong with a node as a whole.
struct node_problem {
  std::string name{}; ///< for programs: `storage`, `shards_not_serving`, …
  std::string text{}; ///< a sentence
};

/// The health of one node: its own shards, and the workers that are attached to it.
struct health_report {
  std::string node{};
  bool is_ok = true;    ///< no problems, and every queue is
  bool is_ready = true; ///< it has joined, serves, takes new tasks and is not stopping
  std::vector<node_problem> problems{};
  std::vector<queue_health> queues{}; ///< by name; those that are not ok first
};

} // namespace belfry
