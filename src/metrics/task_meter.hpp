#pragma once

#include "metrics/task_counters.hpp"
#include "task/event.hpp"
#include "task/ledger.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string>

namespace belfry {

/// Counts what happens to the tasks of one shard, as its ledger decides it. What is replayed is
/// not decided, and does not count.
///
///     the ledger records                 counts
///     task_submitted                     submitted
///     task_started, not reserved         started, with its delay
///     (count_begin)                      started, with its delay
///     task_succeeded                     an attempt with its time, settled; started, if the worker
///                                        says only now when the handler began
///
/// Stands between the ledger and the sink of its events. A shard without a meter pays nothing;
/// `bench/count-instructions --metered` shows what a task costs with one. Owned by one shard.
class task_meter : public event_sink {
public:
  /// Events go on to `next`. All three outlive this object.
  task_meter(event_sink& next, const std::optional<ledger>& tasks, task_counters& counters)
      : next_(next), tasks_(tasks), counters_(counters) {}

  /// Counts the event, which is not applied yet, and passes it on.
  void record(const event& change, durability level) override;

  /// Whether the task waits for a slot of its worker.
  [[nodiscard]] bool is_reserved(task_id id) const;
  /// The ledger has been told that the handler of the task has begun; not always by an event.
  /// Requires: `is_reserved` was true before.
  void count_begin(task_id id);

private:
  /// The counts that a name has led to, so that most look-ups are a comparison.
  struct remembered_counts {
    std::string queue;
    std::string kind;
    event_counts* counts = nullptr; // Null: nothing is remembered.
  };

  [[nodiscard]] const task_record* find(task_id id) const;
  event_counts& look_up(remembered_counts& latest, const std::string& queue,
                        const std::string& kind);
  event_counts& counts_of(const task_record& record);
  static void begin(const task_record& record, instant at, event_counts& counts);
  event_counts& end_attempt(const task_record& record, attempt_outcome outcome,
                            const std::optional<run_times>& times);
  static void settle(event_counts& counts, task_state state);

  void count(const task_submitted& accepted);
  void count(const task_started& started);
  void count(const task_succeeded& succeeded);
  void count(const task_failed& failed);
  void count(const task_snoozed& snoozed);
  void count(const task_cancelled& cancelled);
  void count(const task_expired& expired);
  template <class Other>
  void count(const Other&) {}

  static constexpr std::size_t remembered_max = 64;

  event_sink& next_;
  const std::optional<ledger>& tasks_;
  task_counters& counters_;
  remembered_counts accepted_;                               // Of the latest task.
  std::array<remembered_counts, remembered_max> remembered_; // By number in the rule book.
};

} // namespace belfry
