#include "placement/placement.hpp"

#include "random/prng.hpp"

#include <algorithm>
#include <string_view>

namespace belfry {

namespace {

/// FNV-1a (Fowler, Noll, Vo).
std::uint64_t hash_of(std::string_view text, std::uint64_t sum) {
  for (const char letter : text)
    sum = (sum ^ static_cast<unsigned char>(letter)) * 0x0000'0100'0000'01B3ULL;
  return (sum ^ 0xFFU) * 0x0000'0100'0000'01B3ULL; // Ends the text.
}

struct candidate {
  member_id id;
  std::uint32_t weight = 0;
  std::uint64_t place = 0; // Hashed.
  std::size_t room = 0;    // For more shards.
};

/// The best of as many draws as the member's weight.
std::uint64_t score(const candidate& one, std::size_t shard) {
  prng draws{one.place ^ prng{shard + 1}.next()};
  std::uint64_t best = 0;
  for (std::uint32_t draw = 0; draw < one.weight; ++draw)
    best = std::max(best, draws.next());
  return best;
}

std::vector<candidate> candidates_of(std::span<const member> members, std::size_t shards) {
  constexpr std::uint64_t seed = 0xCBF2'9CE4'8422'2325ULL;
  std::vector<candidate> all;
  std::uint64_t weights = 0;
  for (const auto& one : members) {
    if (one.weight == 0 || one.is_draining)
      continue;
    auto place = hash_of(one.host, hash_of(one.machine, seed));
    place = hash_of(std::to_string(one.port), place);
    all.push_back({one.id, one.weight, place, 0});
    weights += one.weight;
  }
  for (auto& one : all) // The fair share and a tenth.
    one.room = (shards * one.weight * 11 + weights * 10 - 1) / (weights * 10);
  return all;
}

} // namespace

std::vector<member_id> place_shards(std::span<const member> members, std::size_t shards) {
  auto candidates = candidates_of(members, shards);
  std::vector<member_id> owners(shards);
  for (std::size_t shard = 0; shard < shards; ++shard) {
    candidate* best = nullptr;
    std::uint64_t best_score = 0;
    for (auto& one : candidates) {
      if (one.room == 0)
        continue;
      const auto its = score(one, shard);
      if (!best || its > best_score || (its == best_score && one.id < best->id)) {
        best = &one;
        best_score = its;
      }
    }
    if (!best)
      continue;
    --best->room;
    owners[shard] = best->id;
  }
  return owners;
}

bool have_equal_placement(std::span<const member> some, std::span<const member> others) {
  return std::equal(some.begin(), some.end(), others.begin(), others.end(),
                    [](const member& one, const member& other) {
                      return one.id == other.id && one.weight == other.weight &&
                             one.is_draining == other.is_draining;
                    });
}

} // namespace belfry
