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

} // namespace belfry
