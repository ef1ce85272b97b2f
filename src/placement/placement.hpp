#pragma once

#include "journal/membership.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace belfry {

/// Who should own each shard: by number, nobody if no member takes any.
///
/// Rendezvous hashing (Thaler and Ravishankar, 1998) with bounded load (Mirrokni, Thorup and
/// Zadimoghaddam, 2018): every shard goes to the member that scores highest for it and has less
/// than its share. A share is what the weights say plus a tenth, rounded up, so no member has more,
/// and when one comes or goes few other shards move than those it gains or leaves.
///
/// A member counts by where it is (machine, host, port), not by its id: one that comes back after a
/// crash gets the shards it had. Those that drain, or have weight 0, get none.
///
/// The same on every node for the same members. O(shards x sum of weights).
[[nodiscard]] std::vector<member_id> place_shards(std::span<const member> members,
                                                  std::size_t shards);

/// Whether both lead to the same placement: the same members, which weigh and drain alike.
[[nodiscard]] bool have_equal_placement(std::span<const member> some,
                                        std::span<const member> others);

} // namespace belfry
