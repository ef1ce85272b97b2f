#include "task/ready_lane.hpp"

#include <algorithm>

namespace belfry {

namespace {

bool goes_after(const ready_entry& left, const ready_entry& right) {
  return left.yields_to(right);
}

} // namespace

void ready_lane::add(const ready_entry& entry) {
  heap_.push_back(entry);
  std::push_heap(heap_.begin(), heap_.end(), goes_after);
  ++live_;
}

void ready_lane::pop() {
  std::pop_heap(heap_.begin(), heap_.end(), goes_after);
  heap_.pop_back();
}

} // namespace belfry
