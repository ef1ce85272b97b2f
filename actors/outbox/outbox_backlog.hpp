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

/// What waits in an outbox, and what of it is still to be written to its journal.
///
/// A record of the journal has one sequence number and holds everything that came together. The
/// book knows from which record on the journal is needed: that of the oldest batch that waits. All
/// calls but `replay` cost O(log(batches)), beside the bytes of what they add.
class outbox_backlog {
public:
  /// A client's batch for one shard.
  struct batch {
    client_id client;
    std::uint32_t shard = 0;
    std::uint64_t sequence = 0;
    std::vector<task_spec> tasks;
  };

  /// Takes back what a record says; in the order of the records. False if it cannot be read.
  [[nodiscard]] bool replay(std::string_view record, std::uint64_t position);

  /// Whether this very batch of a client waits here.
  [[nodiscard]] bool contains(const batch& what) const;
  /// Takes a batch in. Returns its number, which no other has had.
  std::uint64_t add(batch what);
  /// The batch is where it belongs; nothing happens if it does not wait here.
  void remove(std::uint64_t number);
  /// From now on the tasks of these queues may come.
  void set_queues(std::set<std::string> queues);

  /// Whether there is something to write.
  [[nodiscard]] bool is_dirty() const { return is_dirty_; }
  /// Everything that happened since the last call, as the record at `position`.
  [[nodiscard]] std::string take_record(std::uint64_t position);
  /// The first record that is still needed; `head` if none is.
  [[nodiscard]] std::uint64_t first_needed_position(std::uint64_t head) const;

  [[nodiscard]] const std::set<std::string>& queues() const { return queues_; }
  /// By number.
  [[nodiscard]] const std::map<std::uint64_t, batch>& waiting() const { return waiting_; }
  [[nodiscard]] std::size_t tasks() const { return tasks_; }
  /// Of the tasks that wait, about.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

private:
  using name = std::tuple<std::uint64_t, std::uint32_t, std::uint64_t>;

  static name key_of(const batch& what);
  void insert(std::uint64_t number, batch what);
  void erase(std::uint64_t number);

  std::map<std::uint64_t, batch> waiting_;
  std::map<std::uint64_t, std::uint64_t> positions_; // By number; absent: not in a record yet.
  std::set<name> keys_;                              // Of all that wait.
  std::set<std::string> queues_;
  wire::OutboxRecord pending_record_;
  std::uint64_t latest_number_ = 0;
  std::size_t tasks_ = 0;
  std::size_t bytes_ = 0;
  bool is_dirty_ = false;
};

} // namespace belfry
