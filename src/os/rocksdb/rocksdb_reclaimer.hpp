#pragma once

#include "os/rocksdb/rocksdb_database.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace belfry {

/// Reclaims the disk space of dropped batches, on its own thread: that takes long, and group
/// commits continue meanwhile.
///
/// RocksDB reclaims nothing by itself with these settings. Deleting a range only hides it; flushing
/// frees old logs; files within a deleted range are deleted whole; the remaining space is freed
/// when the live batches in the same files are rewritten.
class rocksdb_reclaimer {
public:
  /// `free_bytes` and `on_failed` are called from the thread.
  rocksdb_reclaimer(const rocksdb_database& database, std::function<std::uint64_t()> free_bytes,
                    std::function<void(const rocksdb::Status&)> on_failed);
  rocksdb_reclaimer(const rocksdb_reclaimer&) = delete;
  rocksdb_reclaimer& operator=(const rocksdb_reclaimer&) = delete;

  /// Cancels the current round and waits for its end.
  ~rocksdb_reclaimer();

  /// Requests a round. `first_kept[n]` is the first event of shard n that is still needed.
  void request(std::vector<std::uint64_t> first_kept);

private:
  void work();
  [[nodiscard]] rocksdb::Status reclaim(const std::vector<std::uint64_t>& first_kept);
  [[nodiscard]] rocksdb::Status delete_dead_files(const std::vector<std::uint64_t>& first_kept);
  [[nodiscard]] bool can_rewrite(const std::vector<std::uint64_t>& first_kept);

  const rocksdb_database& database_;
  std::function<std::uint64_t()> free_bytes_;
  std::function<void(const rocksdb::Status&)> on_failed_;

  std::mutex mutex_; // Guards `requested_` and `is_stopping_`.
  std::condition_variable changed_;
  std::optional<std::vector<std::uint64_t>> requested_;
  bool is_stopping_ = false;
  std::atomic<bool> is_cancelled_{false}; // Polled by a compaction.
  std::thread thread_;                    // Last: it uses all of the above.
};

} // namespace belfry
