#pragma once

#include "journal/journal.hpp"

#include "belfry/ids.hpp"
#include "belfry/time.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace belfry {

/// One incarnation of a node in a cluster: 1 to 2^63 - 1, drawn at random; 0 is nobody.
struct member_id {
  std::uint64_t value = 0;

  friend auto operator<=>(const member_id&, const member_id&) = default;
  explicit operator bool() const { return value != 0; }
};

/// A node as the other nodes know it.
struct member {
  member_id id;
  std::string name;             ///< for people; need not be unique
  std::string machine;          ///< tells apart nodes of different machines with a local address
  std::string host;             ///< where clients and workers reach it
  std::uint16_t port = 0;       ///< and at which port
  std::uint32_t weight = 1;     ///< its share of the shards, relative to other nodes; 0: none
  std::string settings;         ///< settings that all nodes of a cluster must share
  bool is_draining = false;     ///< it releases its shards
  std::uint64_t heartbeats = 0; ///< how many it has sent

  friend bool operator==(const member&, const member&) = default;
};

/// Who may own a shard.
struct shard_assignment {
  shard_id shard;
  member_id owner;         ///< nobody, if it is free; may be an evicted member
  std::uint64_t epoch = 0; ///< of the last owner that has acquired it

  friend bool operator==(const shard_assignment&, const shard_assignment&) = default;
};

/// A cluster at one instant.
struct cluster_view {
  instant now{};               ///< by the clock of the storage, and compared with that clock only
  std::vector<member> members; ///< by id
  std::vector<shard_assignment> assignments; ///< of all shards, by number
};

/// Which nodes share a storage, and which of them may acquire which shard. It is kept in the
/// storage itself, and only the clock of the storage is used.
///
/// Only the node to which a shard is assigned can acquire it (the journal ensures that). The
/// previous owner goes on until then: the new epoch fences it off, not the new assignment.
///
/// Calls block; only one thread makes them. Every change is durable, or `unavailable` (nothing was
/// changed) or `in_doubt` (the next view tells). `io_error`: the storage fails permanently.
class membership {
public:
  virtual ~membership() = default;

  /// Adds `self` as a member. Removes its previous incarnations (members of the same machine, host
  /// and port) and releases their shards.
  [[nodiscard]] virtual storage_status join(const member& self) = 0;

  /// Counts a heartbeat of `self`. Sets `is_member` to whether `self` is (still) a member.
  [[nodiscard]] virtual storage_status heartbeat(member_id self, bool& is_member) = 0;

  [[nodiscard]] virtual storage_status read_view(cluster_view& view) = 0;

  /// Assigns to `self` each shard of `assignments` whose owner is still the one named there, if
  /// `self` is a member. Adds the shards that were assigned to `claimed`; others may not be.
  [[nodiscard]] virtual storage_status claim(member_id self,
                                             std::span<const shard_assignment> assignments,
                                             std::vector<shard_id>& claimed) = 0;

  /// Releases those of `shards` that are assigned to `self`.
  [[nodiscard]] virtual storage_status release(member_id self,
                                               std::span<const shard_id> shards) = 0;

  /// Removes the member `dead`, unless it has sent a heartbeat meanwhile: `heartbeats` is their
  /// number in the view that the eviction was decided on. Its shards stay assigned to it until
  /// other members claim them.
  [[nodiscard]] virtual storage_status evict(member_id dead, std::uint64_t heartbeats) = 0;

  /// Releases all shards that are assigned to `self`, and removes it.
  [[nodiscard]] virtual storage_status leave(member_id self) = 0;

  /// Starts or ends the drain of all members called `name`. Sets `found` to their number.
  [[nodiscard]] virtual storage_status set_draining(const std::string& name, bool is_draining,
                                                    std::size_t& found) = 0;
};

} // namespace belfry
