#pragma once

#include "journal/membership.hpp"

#include <string>
#include <vector>

namespace belfry {

/// A member whose fields follow from its number.
inline member member_of(std::uint64_t number) {
  member result;
  result.id = {number};
  result.name = "node" + std::to_string(number);
  result.machine = "here";
  result.host = "10.0.0." + std::to_string(number);
  result.port = 4100;
  result.settings = "lease=10s";
  return result;
}

inline std::vector<member> members_of(std::uint64_t count) {
  std::vector<member> members;
  for (std::uint64_t number = 1; number <= count; ++number)
    members.push_back(member_of(number));
  return members;
}

/// A view in which `owners[shard]` owns each shard.
inline cluster_view view_of(std::vector<member> members, const std::vector<std::uint64_t>& owners) {
  cluster_view view;
  view.members = std::move(members);
  for (std::size_t shard = 0; shard < owners.size(); ++shard)
    view.assignments.push_back({{static_cast<std::uint16_t>(shard)}, {owners[shard]}, 1});
  return view;
}

} // namespace belfry
