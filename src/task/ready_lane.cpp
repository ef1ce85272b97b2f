#include "task/ready_lane.hpp"

#include <algorithm>

namespace belfry {

namespace {

bool heap_order(const ready_entry& left, const ready_entry& right) {
  return left.is_after(right);
}

} // namespace

void ready_lane::add(const ready_entry& entry) {
  heap_.push_back(entry);
  std::push_heap(heap_.begin(), heap_.end(), heap_order);
  ++live_;
}

void ready_lane::pop() {
  std::pop_heap(heap_.begin(), heap_.end(), heap_order);
  heap_.pop_back();
}

/// Valid entries of one task are equal.
void ready_lane::drop_second_entries() {
  const auto by_id = [](const ready_entry& left, const ready_entry& right) {
    return left.id < right.id;
  };
  const auto is_same_task = [](const ready_entry& left, const ready_entry& right) {
    return left.id == right.id;
  };
  std::sort(heap_.begin(), heap_.end(), by_id);
  heap_.erase(std::unique(heap_.begin(), heap_.end(), is_same_task), heap_.end());
  std::make_heap(heap_.begin(), heap_.end(), heap_order);
}

} // namespace belfry
