#pragma once

#include "belfry/retry_policy.hpp"
#include "belfry/task.hpp"
#include "belfry/time.hpp"

#include <compare>
#include <cstdint>
#include <map>
#include <vector>

namespace belfry {

/// What many tasks share.
struct task_rules {
  std::uint32_t queue = 0; ///< index of the queue's name
  std::uint32_t kind = 0;  ///< index of the kind's name
  std::int8_t priority = 0;
  durability level = durability::durable;
  duration timeout{0};
  duration retention{0};
  retry_policy retry;

  friend auto operator<=>(const task_rules&, const task_rules&) = default;
};

/// The rules of a shard's tasks, each kept once for all tasks that share them.
///
/// Acquiring the rules that were acquired last costs one comparison, others O(log n) comparisons in
/// the number of different rules.
class rule_book {
public:
  static constexpr std::uint32_t number_max = (1U << 28) - 1;

  rule_book() = default;
  rule_book(const rule_book&) = delete;
  rule_book& operator=(const rule_book&) = delete;

  /// Counts one more task with `rules`. Returns their number, 1 to `number_max`.
  std::uint32_t acquire(task_rules rules);
  /// Counts one task less with the rules of `number`, which are forgotten with the last one.
  /// Requires: a task has them.
  void release(std::uint32_t number);
  /// How many tasks have the rules of `number`. Requires: `number` is known.
  [[nodiscard]] std::uint64_t use_count(std::uint32_t number) const {
    return by_number_[number]->second.tasks;
  }

  /// The reference stays valid while a task has these rules.
  const task_rules& operator[](std::uint32_t number) const { return by_number_[number]->first; }

  /// How many different rules are kept.
  [[nodiscard]] std::size_t size() const { return known_.size(); }

private:
  struct use {
    std::uint32_t number = 0;
    std::uint64_t tasks = 0;
  };
  using known_rules = std::map<task_rules, use>;

  [[nodiscard]] std::uint32_t number_of(task_rules rules);
  void erase(std::uint32_t number);

  known_rules known_;
  std::vector<known_rules::iterator> by_number_{known_.end()}; // 0 is none.
  std::vector<std::uint32_t> free_;
  std::uint32_t cached_ = 0; // The latest: the next task often has the same. 0: forgotten.
};

} // namespace belfry
