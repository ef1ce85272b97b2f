#include "task/task_table.hpp"

#include "belfry/contract.hpp"

namespace belfry {

task_record& task_table::add(std::uint64_t serial) {
  const auto number = serial / page_size;
  if (pages_.empty())
    first_ = number;
  expects(number >= first_, "task_table::add: serials do not go back");
  while (number - first_ >= pages_.size())
    pages_.emplace_back();
  auto& page = pages_[number - first_];
  if (!page)
    page = std::make_unique<leaf>();
  auto& record = page->records[serial % page_size];
  expects(!record, "task_table::add: the serial is new");
  record = std::make_unique<task_record>();
  if (!std::exchange(page->is_dirty, true))
    dirty_size_ += page->live;
  ++dirty_size_;
  ++page->live;
  ++size_;
  return *record;
}

void task_table::remove(std::uint64_t serial) {
  auto* page = page_at(serial / page_size);
  expects(page && page->records[serial % page_size], "task_table::remove: the serial is known");
  page->records[serial % page_size].reset();
  --size_;
  dirty_size_ -= page->is_dirty ? 1 : 0;
  if (--page->live > 0)
    return;
  pages_[serial / page_size - first_].reset();
  while (!pages_.empty() && !pages_.front()) {
    pages_.pop_front();
    ++first_;
  }
}

std::vector<std::uint64_t> task_table::pages() const {
  std::vector<std::uint64_t> numbers;
  for (std::uint64_t i = 0; i < pages_.size(); ++i)
    if (pages_[i])
      numbers.push_back(first_ + i);
  return numbers;
}

const task_record* task_table::next_after(std::uint64_t serial) const {
  auto next = std::max(serial + 1, first_ * page_size);
  while (next / page_size - first_ < pages_.size()) {
    const auto& page = pages_[next / page_size - first_];
    if (!page) {
      next = (next / page_size + 1) * page_size;
      continue;
    }
    if (const auto& record = page->records[next % page_size])
      return record.get();
    ++next;
  }
  return nullptr;
}

} // namespace belfry
