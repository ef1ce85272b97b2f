#pragma once

#include "journal/journal.hpp"

#include "belfry/ids.hpp"
#include "belfry/time.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace belfry {

/// One life of a node in a cluster: 1 to 2^63 - 1, drawn at random; 0 is nobody.
struct member_id {
  std::uint64_t value = 0;

  friend auto operator<=>(const member_id&, const member_id&) = default;
  explicit operator bool() const { return value != 0; }
};

/// A node as the others know it.
struct member {
  member_id id;
  std::string name;             ///< for people; may be another's too
  std::string machine;          ///< which machine its address is meant on, should it be a local one
  std::string host;             ///< where clients and workers reach it
  std::uint16_t port = 0;       ///< and at which port
  std::uint32_t weight = 1;     ///< its share of the shards, against the others'; 0: none
  std::string settings;         ///< what all nodes of a cluster must have alike
  bool is_draining = false;     ///< it is to give its shards away
  std::uint64_t heartbeats = 0; ///< goes up with every sign of life

  friend bool operator==(const member&, const member&) = default;
};

/// Who may own a shard.
struct shard_assignment {
  shard_id shard;
  member_id owner;         ///< nobody, if it is free; may be a member that is no more
  std::uint64_t epoch = 0; ///< of the last that has acquired it

  friend bool operator==(const shard_assignment&, const shard_assignment&) = default;
};

/// A cluster at one moment.
struct cluster_view {
  instant now{};               ///< by the clock of the storage: compared with others of its own
  std::vector<member> members; ///< by id
  std::vector<shard_assignment> assignments; ///< of all shards, by number
};

/// Which nodes share a storage, and which of them may acquire which shard. It is kept in the
/// storage itself, whose clock alone is compared.
///
/// A shard is acquired by the owner of its seat alone (the journal sees to that), but who has
/// acquired it before goes on until then: the epoch fences it off, not the seat.
///
/// Calls block; one thread alone makes them. Every change is durable, or `unavailable` (nothing was
/// changed) or `in_doubt` (the next view tells). `io_error`: the storage will not do it at all.
class membership {
public:
  virtual ~membership() = default;

  /// Makes `self` known, in the place of former lives of it: members of the same machine, host and
  /// port. Their seats become free.
  [[nodiscard]] virtual storage_status join(const member& self) = 0;

  /// A sign of life. Sets `is_member` to whether `self` is known (still).
  [[nodiscard]] virtual storage_status heartbeat(member_id self, bool& is_member) = 0;

  [[nodiscard]] virtual storage_status read_view(cluster_view& view) = 0;

  /// Gives each of `seats` to `self` whose owner is still the one that it names, if `self` is a
  /// member. Adds to `claimed` those that it was given; some may be, and others not.
  [[nodiscard]] virtual storage_status claim(member_id self,
                                             std::span<const shard_assignment> assignments,
                                             std::vector<shard_id>& claimed) = 0;

  /// Frees those of the seats that `self` owns.
  [[nodiscard]] virtual storage_status release(member_id self,
                                               std::span<const shard_id> shards) = 0;

  /// Declares `dead` to be no member any more, unless it has given a sign of life: its `beats` must
  /// be what they are in the view that this was decided on. Nothing else changes: its seats are
  /// claimed from it.
  [[nodiscard]] virtual storage_status evict(member_id dead, std::uint64_t heartbeats) = 0;

  /// Frees all seats that `self` owns, and forgets it.
  [[nodiscard]] virtual storage_status leave(member_id self) = 0;

  /// Tells all members of that name to give their shards away, or not to any more. Sets `found` to
  /// how many there are.
  [[nodiscard]] virtual storage_status set_draining(const std::string& name, bool is_draining,
                                                    std::size_t& found) = 0;
};

} // namespace belfry
