#pragma once

#include "journal/membership.hpp"

#include <string>
#include <vector>

namespace belfry {

/// A member that differs from others by its number alone.
inline member member_of(std::uint64_t number) {
  member one;
  one.id = {number};
  one.name = "node" + std::to_string(number);
  one.machine = "here";
  one.host = "10.0.0." + std::to_string(number);
  one.port = 4100;
  one.settings = "lease=10s";
  return one;
}

inline std::vector<member> members_of(std::uint64_t count) {
  std::vector<member> members;
  for (std::uint64_t number = 1; number <= count; ++number)
    members.push_back(member_of(number));
  return members;
}

/// `owners` by shard.
inline cluster_view view_of(std::vector<member> members, const std::vector<std::uint64_t>& owners) {
  cluster_view view;
  view.members = std::move(members);
  for (std::size_t shard = 0; shard < owners.size(); ++shard)
    view.assignments.push_back({{static_cast<std::uint16_t>(shard)}, {owners[shard]}, 1});
  return view;
}

} // namespace belfry
