#include "task/rule_book.hpp"

#include "belfry/contract.hpp"

#include <utility>

namespace belfry {

std::uint32_t rule_book::acquire(task_rules rules) {
  if (cached_ == 0 || by_number_[cached_]->first != rules)
    cached_ = number_of(std::move(rules));
  ++by_number_[cached_]->second.tasks;
  return cached_;
}

void rule_book::release(std::uint32_t number) {
  const auto found = by_number_.at(number);
  expects(found != known_.end() && found->second.tasks > 0,
          "rule_book::release: a task has these rules");
  if (--found->second.tasks == 0)
    erase(number);
}

std::uint32_t rule_book::number_of(task_rules rules) {
  const auto [found, is_new] = known_.try_emplace(std::move(rules));
  if (!is_new)
    return found->second.number;
  if (free_.empty()) {
    expects(by_number_.size() <= number_max, "rule_book::acquire: there is a number left");
    free_.push_back(static_cast<std::uint32_t>(by_number_.size()));
    by_number_.push_back(known_.end());
  }
  const auto number = free_.back();
  free_.pop_back();
  found->second.number = number;
  by_number_[number] = found;
  return number;
}

void rule_book::erase(std::uint32_t number) {
  known_.erase(std::exchange(by_number_[number], known_.end()));
  free_.push_back(number);
  if (number == cached_)
    cached_ = 0;
}

} // namespace belfry
