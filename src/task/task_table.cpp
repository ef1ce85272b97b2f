#include "task/task_table.hpp"

#include "belfry/contract.hpp"

#include <algorithm>

namespace belfry {

namespace {

/// A window holds no more pages without tasks in a row: 8 KiB of pointers.
constexpr std::uint64_t gap_pages_max = 1024;

} // namespace

task_record& task_table::add(std::uint64_t serial) {
  const auto number = serial / page_size;
  extend_to(number);
  auto& page = latest_.pages[number - latest_.first];
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
  const auto number = serial / page_size;
  if (number >= latest_.first)
    return latest_.free_page(number);
  const auto index = earlier_index(number);
  earlier_[index].free_page(number);
  if (earlier_[index].pages.empty())
    earlier_.erase(earlier_.begin() + static_cast<std::ptrdiff_t>(index));
}

/// Makes room for the page in the latest window, or in a new one.
void task_table::extend_to(std::uint64_t number) {
  if (latest_.pages.empty()) {
    expects(earlier_.empty() || number >= earlier_.back().end(),
            "task_table::add: serials do not go back");
    latest_.first = number;
  }
  expects(number >= latest_.first, "task_table::add: serials do not go back");
  if (number - latest_.first >= latest_.pages.size() + gap_pages_max) {
    earlier_.push_back(std::exchange(latest_, {}));
    latest_.first = number;
  }
  while (number - latest_.first >= latest_.pages.size())
    latest_.pages.emplace_back();
}

void task_table::window::free_page(std::uint64_t number) {
  pages[number - first].reset();
  while (!pages.empty() && !pages.front()) {
    pages.pop_front();
    ++first;
  }
}

/// The index of the first earlier window that does not end before the page.
std::size_t task_table::earlier_index(std::uint64_t number) const {
  const auto found =
      std::partition_point(earlier_.begin(), earlier_.end(),
                           [number](const window& range) { return range.end() <= number; });
  return static_cast<std::size_t>(found - earlier_.begin());
}

task_table::leaf* task_table::earlier_page_at(std::uint64_t number) const {
  const auto index = earlier_index(number);
  if (index == earlier_.size() || number < earlier_[index].first)
    return nullptr;
  return earlier_[index].pages[number - earlier_[index].first].get();
}

std::vector<std::uint64_t> task_table::pages() const {
  std::vector<std::uint64_t> numbers;
  const auto add_all = [&numbers](const window& range) {
    for (std::uint64_t i = 0; i < range.pages.size(); ++i)
      if (range.pages[i])
        numbers.push_back(range.first + i);
  };
  std::for_each(earlier_.begin(), earlier_.end(), add_all);
  add_all(latest_);
  return numbers;
}

const task_record* task_table::next_after(std::uint64_t serial) const {
  for (auto index = earlier_index((serial + 1) / page_size); index < earlier_.size(); ++index)
    if (const auto* found = earlier_[index].first_from(serial + 1))
      return found;
  return latest_.first_from(serial + 1);
}

const task_record* task_table::window::first_from(std::uint64_t serial) const {
  auto next = std::max(serial, first * page_size);
  while (next / page_size < end()) {
    const auto& page = pages[next / page_size - first];
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
