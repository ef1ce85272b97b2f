#include "task/rule_book.hpp"

#include "belfry/contract.hpp"

#include <algorithm>
#include <utility>

namespace belfry {

namespace {

/// Of what tells most rules apart; equal rules have equal ones.
std::size_t hash_of(const task_rules& rules) {
  std::size_t hash = 0;
  const auto mix = [&hash](auto part) {
    hash = (hash ^ static_cast<std::size_t>(part)) * 0x9e37'79b9'7f4a'7c15ULL;
    hash ^= hash >> 32;
  };
  mix(rules.queue);
  mix(rules.kind);
  mix(rules.priority);
  mix(rules.level);
  mix(rules.timeout.count());
  mix(rules.retention.count());
  mix(rules.retry.growth);
  mix(rules.retry.attempts_max);
  mix(rules.retry.crashes_max);
  mix(rules.retry.delay_min.count());
  mix(rules.retry.delay_max.count());
  mix(rules.retry.jitter_percent);
  mix(rules.retry.rules.size());
  return hash;
}

} // namespace

std::uint32_t rule_book::take(task_rules rules) {
  if (latest_ == 0 || entries_[latest_]->rules != rules) {
    const auto before = std::exchange(latest_, number_of(std::move(rules)));
    if (before != 0 && entries_[before]->users == 0)
      erase(before);
  }
  ++entries_[latest_]->users;
  return latest_;
}

void rule_book::give_back(std::uint32_t number) {
  auto& users = entries_[number]->users;
  expects(users > 0, "rule_book::give_back: a task goes by these rules");
  if (--users == 0 && number != latest_)
    erase(number);
}

std::uint32_t rule_book::number_of(task_rules rules) {
  const auto hash = hash_of(rules);
  const auto [begin, end] = numbers_.equal_range(hash);
  const auto found = std::find_if(
      begin, end, [&](const auto& known) { return entries_[known.second]->rules == rules; });
  if (found != end)
    return found->second;
  if (free_.empty()) {
    expects(entries_.size() <= number_max, "rule_book::take: there is a number left");
    free_.push_back(static_cast<std::uint32_t>(entries_.size()));
    entries_.push_back(std::make_unique<entry>());
  }
  const auto number = free_.back();
  free_.pop_back();
  entries_[number]->rules = std::move(rules);
  numbers_.emplace(hash, number);
  return number;
}

void rule_book::erase(std::uint32_t number) {
  const auto [begin, end] = numbers_.equal_range(hash_of(entries_[number]->rules));
  numbers_.erase(
      std::find_if(begin, end, [&](const auto& known) { return known.second == number; }));
  entries_[number]->rules = {};
  free_.push_back(number);
}

} // namespace belfry
