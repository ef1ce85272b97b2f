#pragma once

#include "belfry/node_options.hpp"
#include "belfry/result.hpp"

#include "journal/journal.hpp"
#include "journal/membership.hpp"

#include <cstdint>
#include <functional>
#include <memory>

namespace belfry {

/// How to open where a node stores its tasks. The calls block, and fail with a text for people.
struct storage_openers {
  /// The shard count of the storage; for a new one, the count to create it with.
  std::function<result<std::uint16_t>()> shards;
  /// Opens or creates the storage with that many shards. With an `owner`, it acquires only shards
  /// that are assigned to that member.
  std::function<result<std::shared_ptr<journal>>(std::uint16_t shards, member_id owner)> open;
  /// Opens the membership of the nodes that share the storage, after `open`. Empty on a disk, which
  /// is not shared.
  std::function<result<std::shared_ptr<membership>>()> open_membership;
  /// Opens or creates the journal of the outbox; empty if the node has none.
  std::function<result<std::shared_ptr<journal>>()> open_outbox;
};

/// Requires: not `remote_storage`.
[[nodiscard]] storage_openers openers_of(const node_storage& storage);

} // namespace belfry
