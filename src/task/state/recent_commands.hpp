#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <set>

namespace belfry {

/// How a shard recognises a command that a client repeats because no answer has come, if carrying
/// it out twice would be wrong: the numbers of the latest commands of that sort. A client draws
/// the number of a command at random.
///
/// A repetition comes within seconds, or once the shard serves again; so the numbers are kept
/// across a restart, and the number of the commands bounds the memory, not the time.
///
/// Owned by one ledger; not thread-safe. Adding and finding cost O(log n) in `kept_max`.
class recent_commands {
public:
  static constexpr std::size_t kept_max = 10'000;

  /// Whether the command was carried out.
  [[nodiscard]] bool contains(std::uint64_t number) const { return numbers_.contains(number); }

  /// The command is carried out. 0 is the number of none and is not kept.
  void add(std::uint64_t number) {
    if (number == 0 || !numbers_.insert(number).second)
      return;
    in_order_.push_back(number);
    if (in_order_.size() <= kept_max)
      return;
    numbers_.erase(in_order_.front());
    in_order_.pop_front();
  }

  /// Oldest first.
  [[nodiscard]] const std::deque<std::uint64_t>& in_order() const { return in_order_; }

private:
  std::set<std::uint64_t> numbers_;
  std::deque<std::uint64_t> in_order_;
};

} // namespace belfry
