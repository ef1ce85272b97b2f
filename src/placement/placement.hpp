#pragma once

#include "journal/membership.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace belfry {

/// The member that should own each shard, by shard number; a null id if no member takes any.
///
/// Rendezvous hashing (Thaler and Ravishankar, 1998) with bounded load (Mirrokni, Thorup and
/// Zadimoghaddam, 2018): every shard goes to the member that scores highest for it and has less
/// than its share. A share is proportional to the weight, plus a tenth, rounded up. When a member
/// joins or leaves, few other shards move than those that it gains or loses.
///
/// A member is hashed by its address (machine, host, port), not by its id: a member that comes back
/// after a crash gets the shards that it had. Members that drain, or have weight 0, get none.
///
/// The same on every node for the same members. O(shards x sum of weights).
[[nodiscard]] std::vector<member_id> place_shards(std::span<const member> members,
                                                  std::size_t shards);

/// Whether both lead to the same placement: the same members with the same weights and drains.
[[nodiscard]] bool have_equal_placement(std::span<const member> left,
                                        std::span<const member> right);

} // namespace belfry
