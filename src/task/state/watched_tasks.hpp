#pragma once

#include "belfry/ids.hpp"
#include "belfry/task.hpp"
#include "belfry/time.hpp"

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <utility>

namespace belfry {

/// The tasks whose outcomes clients wait for. The ledger forgets a settled task when its retention
/// is over or when many others have settled since; the outcome of a watched task is kept here then,
/// until the client has been answered, and for `answer_kept` longer: the answer may be lost with
/// its connection, and the client asks again.
///
///     0 s     watch(7)            a client waits
///     40 s    task 7 settles, and 20,000 others in the same moment: the ledger forgets it, keep(7)
///     40 s    outcome(7): the shard answers, mark_answered(7)
///     44 s    the connection has broken, the client asks again: outcome(7)
///     100 s   expire: forgotten
///
/// It is not recorded: a shard that starts again, or elsewhere, watches no task.
///
/// Owned by one ledger; not thread-safe. Each call costs O(log n) in the watched tasks.
class watched_tasks {
public:
  static constexpr duration answer_kept{60'000};
  /// Of kept outcomes, answered or not; beyond it the oldest answered ones are forgotten early.
  static constexpr std::size_t answered_bytes_max = 16 << 20;

  /// A client waits for the task. Requires: it is not settled.
  void watch(task_id task) { entries_[task].answered_at.reset(); }

  [[nodiscard]] bool is_empty() const { return entries_.empty(); }
  [[nodiscard]] bool is_watched(task_id task) const { return entries_.contains(task); }

  /// The ledger forgets the watched task that is described by `outcome`.
  void keep(task_info outcome);
  /// What `keep` has kept, or null. Valid until the next call of a method that changes something.
  [[nodiscard]] const task_info* outcome(task_id task) const;

  /// All who waited have been answered at `now`. Does nothing if the task is not watched.
  void mark_answered(task_id task, instant now);
  /// Nobody waits for the task any more.
  void unwatch(task_id task);
  /// Unwatches what was answered long ago.
  void expire(instant now);

private:
  struct entry {
    std::unique_ptr<const task_info> outcome; // Null: the ledger knows it.
    std::optional<instant> answered_at;       // Nothing: a client waits.
  };

  std::map<task_id, entry> entries_;
  std::deque<std::pair<instant, task_id>> answered_; // In order of time; may name what is gone.
  std::size_t bytes_ = 0;                            // Of kept outcomes.
};

} // namespace belfry
