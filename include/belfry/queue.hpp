#pragma once

#include "belfry/task.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace belfry {

/// How many tasks are in each state.
class task_counts {
public:
  std::uint64_t& operator[](task_state state) { return counts_.at(index_of(state)); }
  std::uint64_t operator[](task_state state) const { return counts_.at(index_of(state)); }

  /// Tasks that are not settled: scheduled, ready, reserved and running ones.
  [[nodiscard]] std::uint64_t open() const { return sum(false); }
  /// Settled tasks that are still remembered.
  [[nodiscard]] std::uint64_t settled() const { return sum(true); }

  task_counts& operator+=(const task_counts& other) {
    for (std::size_t i = 0; i < counts_.size(); ++i)
      counts_[i] += other.counts_[i];
    return *this;
  }
  friend bool operator==(const task_counts&, const task_counts&) = default;

private:
  static std::size_t index_of(task_state state) { return static_cast<std::size_t>(state) - 1; }

  [[nodiscard]] std::uint64_t sum(bool are_settled) const {
    std::uint64_t tasks = 0;
    for (const auto state : task_states)
      if (is_settled(state) == are_settled)
        tasks += (*this)[state];
    return tasks;
  }

  std::array<std::uint64_t, task_states.size()> counts_{};
};

/// What to change about a queue; what is absent stays.
struct queue_change {
  std::string queue{};
  std::optional<bool> is_paused{};
  std::optional<std::uint32_t> weight{}; ///< 1 to 1000
  std::optional<durability> level{};
  std::optional<bool> accepts_anywhere{}; ///< see `queue_info`
};

struct queue_info {
  std::string queue{};
  bool is_paused = false;
  std::uint32_t weight = 0;
  durability level = durability::durable;
  task_counts counts{};
  /// Whether a node that has an outbox accepts its tasks while their shard is unreachable.
  bool accepts_anywhere = false;
};

} // namespace belfry
