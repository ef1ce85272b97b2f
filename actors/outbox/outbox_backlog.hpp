#pragma once

#include "belfry/ids.hpp"
#include "belfry/task.hpp"

#include "wire/journal.pb.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace belfry {

/// The batches that wait in an outbox, and the changes still to be written to its journal.
///
/// A record of the journal has one position and holds all changes since the record before. The
/// backlog knows from which record on the journal is needed: that of the oldest batch that waits.
/// All calls but `replay` cost O(log(batches)), beside the bytes of the batches that they add.
class outbox_backlog {
public:
  /// A client's batch for one shard.
  struct batch {
    client_id client;
    std::uint32_t shard = 0;
    std::uint64_t sequence = 0;
    std::vector<task_spec> tasks;
  };

  /// Applies a record, in the order of the records. False if it cannot be read.
  [[nodiscard]] bool replay(std::string_view record, std::uint64_t position);

  /// Whether the batch with this client, shard and sequence waits here.
  [[nodiscard]] bool contains(const batch& deferred) const;
  /// Returns the number of the batch, which no other batch has had.
  std::uint64_t add(batch deferred);
  /// The batch is delivered. Nothing happens if it does not wait here.
  void remove(std::uint64_t number);
  /// The outbox accepts tasks of these queues from now on.
  void set_queues(std::set<std::string> queues);

  /// Whether there are changes to write.
  [[nodiscard]] bool is_dirty() const { return is_dirty_; }
  /// All changes since the last call, as the record at `position`.
  [[nodiscard]] std::string take_pending_record(std::uint64_t position);
  /// The first record that is still needed; `head` if none is.
  [[nodiscard]] std::uint64_t first_needed_position(std::uint64_t head) const;

  [[nodiscard]] const std::set<std::string>& queues() const { return queues_; }
  /// The batches that wait, by number.
  [[nodiscard]] const std::map<std::uint64_t, batch>& waiting() const { return waiting_; }
  [[nodiscard]] std::size_t tasks() const { return tasks_; }
  /// About the bytes of the tasks that wait.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

private:
  using batch_key = std::tuple<std::uint64_t, std::uint32_t, std::uint64_t>;

  static batch_key key_of(const batch& deferred);
  void insert(std::uint64_t number, batch deferred);
  void erase(std::uint64_t number);

  std::map<std::uint64_t, batch> waiting_;
  std::map<std::uint64_t, std::uint64_t>
      positions_;            // Of their records, by number; absent: not in a record yet.
  std::set<batch_key> keys_; // Of all batches that wait.
  std::set<std::string> queues_;
  wire::OutboxRecord pending_record_;
  std::uint64_t latest_number_ = 0;
  std::size_t tasks_ = 0;
  std::size_t bytes_ = 0;
  bool is_dirty_ = false;
};

} // namespace belfry
