#pragma once

#include "belfry/result.hpp"
#include "task/state/ledger_state.hpp"
#include "task/state/shard_epoch.hpp"
#include "task/summaries.hpp"

#include <optional>
#include <string>
#include <vector>

namespace belfry {

/// Queries about a shard's tasks, queues and schedules. Made by `ledger::views` for
/// one question or several; changes nothing.
class ledger_views {
public:
  explicit ledger_views(const ledger_state& state) : state_(state) {}

  // --- tasks ---

  /// The record of the task, or null. Valid until the next command.
  [[nodiscard]] const task_record* find(task_id id) const { return state_.find(id); }
  [[nodiscard]] const task_rules& rules_of(const task_record& record) const {
    return state_.rules_of(record);
  }
  /// The name of a queue or kind, by its index in the rules.
  [[nodiscard]] const std::string& name(std::uint32_t index) const {
    return state_.queues.name(index);
  }
  /// Whether the attempt with `token` is the one that a worker has now.
  [[nodiscard]] bool is_live(task_id id, fencing_token token) const {
    return state_.is_live(id, token);
  }
  /// Whether a peer remembers tokens or ids that this shard has never given: its storage was
  /// replaced by an older copy. Constant time.
  [[nodiscard]] bool is_behind(const shard_memory& remembered) const;
  /// `is_complete`: with the payload, the time limit and the retry policy.
  [[nodiscard]] std::optional<task_info> describe(task_id id, bool is_complete) const;
  /// What would submit the task anew, due when it is due next. Its key is left out if the key does
  /// not name it any more, and a start-by deadline that was met. Requires: it is not settled.
  [[nodiscard]] task_spec spec_of(const task_record& record) const;
  /// As `describe`, without the payload, and also of a task that is watched and forgotten.
  [[nodiscard]] std::optional<task_info> outcome(task_id id) const;
  /// Why there is no such task: `errc::forgotten` if it was accepted once, else `errc::not_found`.
  /// Requires: `find` does not find it.
  [[nodiscard]] failure missing(task_id id) const;
  [[nodiscard]] result<state_explanation> explain(task_id id, instant now) const;
  /// Up to `limit` tasks with serials greater than `after`; fewer than that though more follow, if
  /// the filter refuses many in a row.
  [[nodiscard]] task_page list(const page_filter& filter, std::uint64_t after,
                               std::size_t limit) const;
  /// Whether `list` would have the task. Requires: `find` finds it.
  [[nodiscard]] bool is_listed(task_id id, const page_filter& filter) const;
  [[nodiscard]] std::size_t size() const { return state_.tasks.size(); }
  /// How many tasks time alone does not remove soon: all that are not settled, and dead ones.
  [[nodiscard]] std::size_t open_count() const {
    return state_.tasks.size() - state_.settled_count;
  }

  // --- the rest ---

  /// Whether the command with this number was carried out; false if it was long ago.
  [[nodiscard]] bool was_carried_out(std::uint64_t command) const {
    return state_.commands.contains(command);
  }
  /// Whether this batch of the client, or a later one, was accepted.
  [[nodiscard]] bool is_duplicate_batch(client_id client, std::uint64_t sequence) const;
  [[nodiscard]] std::vector<queue_summary> queues() const;
  /// As `queue_table::ready_lanes`.
  [[nodiscard]] std::vector<ready_summary> ready_lanes() const {
    return state_.queues.ready_lanes();
  }
  /// The defaults for a queue that was never used.
  [[nodiscard]] queue_settings settings_of(const std::string& queue) const;
  [[nodiscard]] std::vector<schedule_summary> schedules() const {
    return state_.schedules.summaries();
  }

  /// Checks that every task is in exactly the indexes its state asks for and has a source of
  /// wake-up, and that counters equal what they count. Returns what is wrong; empty: nothing.
  [[nodiscard]] std::vector<std::string> audit() const;

private:
  [[nodiscard]] state_explanation explain_reserved(const task_record& record, instant since) const;

  const ledger_state& state_;
};

} // namespace belfry
