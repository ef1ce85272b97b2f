#pragma once

#include "journal/journal.hpp"

namespace belfry {

/// Checks the batches of one shard as they are read back: each must be whole and stand at its own
/// position, and none may be missing between them.
class batch_validator {
public:
  /// The first batch must hold event `first_event`.
  batch_validator(shard_id shard, std::uint64_t first_event)
      : shard_(shard), first_event_(first_event), next_(first_event) {}

  /// Sets `batch` to the batch inside `framed`, which was found as the one that begins with event
  /// `first`, and points into it. `corrupt` if it is damaged or not the next one.
  [[nodiscard]] storage_status validate(std::uint64_t first, std::string_view framed,
                                        stored_batch& batch);

  /// `corrupt` unless the batches reached `head`.
  [[nodiscard]] storage_status finish(std::uint64_t head) const;

private:
  shard_id shard_;
  std::uint64_t first_event_;
  std::uint64_t next_; // The event that must come next.
};

} // namespace belfry
