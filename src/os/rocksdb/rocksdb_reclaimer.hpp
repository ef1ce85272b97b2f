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

/// Gives the disk space of dropped batches back, on a thread of its own: it takes long, and group
/// commits go on meanwhile.
///
/// RocksDB gives nothing back by itself here. Deleting a range hides it; flushing lets old logs go;
/// files that lie in the range are deleted whole; what shares files with living batches leaves when
/// those are rewritten.
class rocksdb_reclaimer {
public:
  /// `free_bytes` and `failed` are called from the thread.
  rocksdb_reclaimer(const rocksdb_database& database, std::function<std::uint64_t()> free_bytes,
                    std::function<void(const rocksdb::Status&)> failed);
  rocksdb_reclaimer(const rocksdb_reclaimer&) = delete;
  rocksdb_reclaimer& operator=(const rocksdb_reclaimer&) = delete;

  /// Gives up what it is at and waits for that.
  ~rocksdb_reclaimer();

  /// Starts a round soon. `first_kept[n]` is the first event of shard n that is still needed.
  void start(std::vector<std::uint64_t> first_kept);

private:
  void work();
  [[nodiscard]] rocksdb::Status reclaim(const std::vector<std::uint64_t>& first_kept);
  [[nodiscard]] rocksdb::Status delete_dead_files(const std::vector<std::uint64_t>& first_kept);
  [[nodiscard]] bool can_rewrite(const std::vector<std::uint64_t>& first_kept);

  const rocksdb_database& database_;
  std::function<std::uint64_t()> free_bytes_;
  std::function<void(const rocksdb::Status&)> failed_;

  std::mutex mutex_; // Guards `wanted_` and `is_stopping_`.
  std::condition_variable changed_;
  std::optional<std::vector<std::uint64_t>> requested_;
  bool is_stopping_ = false;
  std::atomic<bool> is_cancelled_{false}; // Looked at by a compaction.
  std::thread thread_;                    // Last: it uses all of the above.
};

} // namespace belfry
