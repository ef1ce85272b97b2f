#pragma once

#include "belfry/failure.hpp"
#include "belfry/ids.hpp"
#include "belfry/options.hpp"
#include "belfry/time.hpp"

#include "shard/shard.hpp"
#include "task/load_shedding.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace belfry {

/// Decides whether a shard accepts a submitted batch now, and counts the bytes of the batches that
/// it has accepted and not yet written.
///
/// Only new work is refused: what is accepted already can always be answered, completed and
/// cancelled.
class submit_admission {
public:
  /// A shard that moves to another node serves again in a moment.
  static constexpr duration retry_after_recovery{25};

  /// The client may submit the batch again.
  struct refusal {
    failure reason;
    duration retry_after{};
  };

  submit_admission(shard_id shard, const shard_limits& limits, const submit_limits& submits);

  /// The refusal of a batch of class `priority` while the shard holds `task_count` open tasks.
  /// Nothing: the shard accepts it.
  [[nodiscard]] std::optional<refusal> check_load(priority_class priority, std::size_t task_count,
                                                  instant now);

  /// The refusal of any batch while the disk is nearly full.
  [[nodiscard]] refusal refuse_for_space() const;
  /// Whether the shard should ask for the disk's space again; true once per second.
  [[nodiscard]] bool is_space_check_due(instant now);

  /// What the client learns of a batch that is accepted, and that the storage refuses to take for
  /// now: the client asks again, and gives up with this reason if it must.
  [[nodiscard]] refusal wait_for_storage(const std::string& reason) const;

  /// The refusal of any batch before the shard serves.
  [[nodiscard]] refusal refuse_for_recovery() const;

  /// A batch of `bytes` was accepted, and gathers for the next write.
  void on_accepted(std::size_t bytes) { pending_bytes_ += bytes; }
  /// What has gathered is being written.
  void on_write() { in_flight_bytes_ = pending_bytes_; }
  void on_written();
  /// What has gathered was of volatile tasks or known already: nothing of it is written.
  void on_write_skipped() { pending_bytes_ = 0; }

private:
  const shard_id shard_;
  load_shedding load_shedding_;
  std::size_t pending_bytes_ = 0;   // As they were sent, which is about what is written.
  std::size_t in_flight_bytes_ = 0; // The part of them that is being written.
  instant space_checked_at_{};
};

} // namespace belfry
