#pragma once

#include "belfry/retry_policy.hpp"
#include "belfry/task.hpp"
#include "belfry/time.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

namespace belfry {

/// What many tasks have in common.
struct task_rules {
  std::uint32_t queue = 0; ///< index of the queue's name
  std::uint32_t kind = 0;  ///< index of the kind's name
  std::int8_t priority = 0;
  durability level = durability::durable;
  duration timeout{0};
  duration retention{0};
  retry_policy retry;

  friend bool operator==(const task_rules&, const task_rules&) = default;
};

/// The rules of a shard's tasks, each kept once however many tasks go by it.
///
/// Taking the rules that were taken last costs a comparison, others O(log n) in the
/// different rules.
class rule_book {
public:
  static constexpr std::uint32_t number_max = (1U << 28) - 1;

  /// One task more goes by `rules`. Returns their number, at most `number_max`.
  std::uint32_t take(task_rules rules);
  /// One task less goes by the rules with `number`.
  void give_back(std::uint32_t number);

  /// Stays where it is while a task goes by it.
  const task_rules& operator[](std::uint32_t number) const { return entries_[number]->rules; }

  /// How many different rules are kept: those of all tasks, and those taken last.
  [[nodiscard]] std::size_t size() const { return numbers_.size(); }

private:
  struct entry {
    task_rules rules;
    std::uint64_t users = 0;
  };

  [[nodiscard]] std::uint32_t number_of(task_rules rules);
  void erase(std::uint32_t number);

  std::vector<std::unique_ptr<entry>> entries_{1}; // 0 is none.
  std::vector<std::uint32_t> free_;
  std::multimap<std::size_t, std::uint32_t> numbers_; // By hash.
  std::uint32_t latest_ = 0; // Kept without users: the next task often goes by the same.
};

} // namespace belfry
