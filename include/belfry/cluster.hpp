#pragma once

#include "belfry/ids.hpp"
#include "belfry/options.hpp"
#include "belfry/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace belfry {

/// A worker that is attached to a node.
struct worker_info {
  session_id session{};
  std::string name{};
  std::vector<std::string> kinds{};
  std::vector<std::string> queues{}; ///< empty: all
  std::uint32_t slots = 0;
  std::uint32_t running = 0;  ///< by its latest message, as is the next
  std::uint32_t reserved = 0; ///< granted to it, and waiting there for a slot
  duration since_heartbeat{0};
  bool is_connected = false;
};

/// The status that a node reports of itself.
struct node_status {
  std::string node{};
  std::uint32_t shard_count = 0; ///< of the cluster
  std::uint32_t shards_serving = 0;
  std::uint32_t shards_held = 0; ///< it owns them: it serves them, or is about to
  bool is_joined = true;         ///< false: it has not joined its cluster yet
  std::string version{};         ///< of its program; empty: an earlier one, which does not say
  /// It is stopping, and its running tasks have this long to end; nothing: it is not stopping.
  std::optional<duration> stops_within{};
  duration uptime{0};
  std::vector<worker_info> workers{};
  std::optional<std::uint64_t> outbox_tasks{}; ///< that wait in its outbox, if it has one
  /// Why its disk or database does not take everything at present, as "the disk is nearly full: new
  /// tasks are refused"; nothing: it does.
  std::optional<std::string> storage_trouble{};
  /// How far its machine's clock is from the node's, since it was set; negative: behind. 0: they
  /// agree.
  duration clock_offset{0};
};

/// A node that stores tasks, as its cluster knows it.
struct node_info {
  std::string name{};
  node_address address{}; ///< where others reach it; without a host: the node is alone
  std::uint32_t weight = 1;
  bool is_draining = false;
  std::uint32_t shards = 0; ///< how many it owns
};

/// A copy of a node's data directory.
struct backup_info {
  instant taken_at{}; ///< everything that was acknowledged before is in it
  std::uint64_t bytes = 0;
  std::uint32_t shards = 0;
};

struct cluster_info {
  struct shard_info {
    std::string node{};      ///< its owner; empty: none, for the moment
    std::uint64_t epoch = 0; ///< grows with every change of owner; 0: unknown, the node is alone
  };

  std::vector<node_info> nodes{};
  std::vector<shard_info> shards{}; ///< by number
};

} // namespace belfry
