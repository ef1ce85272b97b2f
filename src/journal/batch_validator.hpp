#pragma once

#include "journal/journal.hpp"

namespace belfry {

/// Looks at the batches of one shard as they are read back: each must be whole and belong where it
/// was found, and none may be missing between them.
class batch_validator {
public:
  /// The first batch to come must hold event `from`.
  batch_validator(shard_id shard, std::uint64_t from) : shard_(shard), from_(from), next_(from) {}

  /// Sets `held` to what is in `framed`, which was found as the batch that begins with `first`.
  /// `held` points into `framed`. Otherwise `corrupt`.
  [[nodiscard]] storage_status accept(std::uint64_t first, std::string_view framed,
                                      stored_batch& held);

  /// `corrupt` unless the batches reached `head`.
  [[nodiscard]] storage_status finish(std::uint64_t head) const;

private:
  shard_id shard_;
  std::uint64_t from_;
  std::uint64_t next_; // The event that must come next.
};

} // namespace belfry
