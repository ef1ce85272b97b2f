#pragma once

#include "belfry/node.hpp"

#include "journal/journal.hpp"
#include "journal/membership.hpp"

#include <cstdint>
#include <functional>
#include <memory>

namespace belfry {

/// Where a node keeps its tasks. The calls block, and fail with a word for people.
struct node_storage {
  /// How many shards it was made for; if it is new, how many it should have.
  std::function<result<std::uint16_t>()> shards;
  /// Opens it, or makes it, for that many shards. With an owner, it acquires that member's only.
  std::function<result<std::shared_ptr<journal>>(std::uint16_t shards, member_id owner)> open;
  /// Opens the membership of the nodes that share it; empty if none can. After `open`.
  std::function<result<std::shared_ptr<membership>>()> open_membership;
  /// Opens the journal of the outbox, or makes it; empty if there is to be none.
  std::function<result<std::shared_ptr<journal>>()> open_outbox;
};

/// The disk or the database that the options name. Requires: the node keeps tasks.
[[nodiscard]] node_storage storage_of(const node_options& options);

} // namespace belfry
