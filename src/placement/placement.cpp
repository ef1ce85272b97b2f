#include "placement/placement.hpp"

#include "random/hash.hpp"
#include "random/prng.hpp"

#include <algorithm>
#include <string_view>

namespace belfry {

namespace {

std::uint64_t hash_of(std::string_view text, std::uint64_t sum) {
  return fnv1a_step(fnv1a(text, sum), 0xFF); // Ends the text.
}

struct candidate {
  member_id id;
  std::uint32_t weight = 0;
  std::uint64_t address_hash = 0;
  std::size_t capacity = 0; // How many more shards it may get.
};

/// The best of as many draws as the member's weight.
std::uint64_t score(const candidate& node, std::size_t shard) {
  prng draws{node.address_hash ^ prng{shard + 1}.next()};
  std::uint64_t best = 0;
  for (std::uint32_t draw = 0; draw < node.weight; ++draw)
    best = std::max(best, draws.next());
  return best;
}

std::vector<candidate> candidates_of(std::span<const member> members, std::size_t shards) {
  std::vector<candidate> all;
  std::uint64_t weights = 0;
  for (const auto& node : members) {
    if (node.weight == 0 || node.is_draining)
      continue;
    auto hash = hash_of(node.host, hash_of(node.machine, fnv1a_basis));
    hash = hash_of(std::to_string(node.port), hash);
    all.push_back({.id = node.id, .weight = node.weight, .address_hash = hash, .capacity = 0});
    weights += node.weight;
  }
  for (auto& node : all) // The fair share and a tenth.
    node.capacity = (shards * node.weight * 11 + weights * 10 - 1) / (weights * 10);
  return all;
}

} // namespace

std::vector<member_id> place_shards(std::span<const member> members, std::size_t shards) {
  auto candidates = candidates_of(members, shards);
  std::vector<member_id> owners(shards);
  for (std::size_t shard = 0; shard < shards; ++shard) {
    candidate* best = nullptr;
    std::uint64_t best_score = 0;
    for (auto& node : candidates) {
      if (node.capacity == 0)
        continue;
      const auto node_score = score(node, shard);
      if (!best || node_score > best_score || (node_score == best_score && node.id < best->id)) {
        best = &node;
        best_score = node_score;
      }
    }
    if (!best)
      continue;
    --best->capacity;
    owners[shard] = best->id;
  }
  return owners;
}

bool have_equal_placement(std::span<const member> left, std::span<const member> right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](const member& node, const member& other) {
                      return node.id == other.id && node.weight == other.weight &&
                             node.is_draining == other.is_draining;
                    });
}

} // namespace belfry
