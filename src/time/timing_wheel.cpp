#include "time/timing_wheel.hpp"

#include "belfry/contract.hpp"

#include <algorithm>
#include <bit>

namespace belfry {

namespace {

std::uint64_t ticks_of(instant at) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(to_ms(at), 0));
}

} // namespace

timing_wheel::timing_wheel(instant start) : hand_(ticks_of(start)), last_now_(hand_) {}

timer_handle timing_wheel::add(timer_key key, instant due) {
  const auto index = allocate();
  auto& node = at(index);
  node.due = ticks_of(due);
  node.key = key;
  link(index);
  ++size_;
  return {index, node.generation};
}

bool timing_wheel::cancel(timer_handle handle) {
  if (handle.index == none || handle.index >= used_ ||
      at(handle.index).generation != handle.generation)
    return false;
  unlink(handle.index);
  release(handle.index);
  return true;
}

std::size_t timing_wheel::advance_to(instant now, std::size_t limit,
                                     std::vector<expired_timer>& out) {
  const auto target = ticks_of(now);
  expects(target >= last_now_, "timing_wheel::advance_to: now does not go back");
  expects(limit >= 1, "timing_wheel::advance_to: the limit is at least 1");
  last_now_ = target;
  std::size_t steps = 0;
  std::size_t expired = 0;
  while (steps < limit) {
    const auto slot = unfinished_ ? unfinished_ : next_slot();
    if (!slot || start_of(*slot) > target) {
      hand_ = std::max(hand_, target);
      break;
    }
    hand_ = std::max(hand_, start_of(*slot));
    unfinished_ = slot;
    for (; slots_[*slot].first != none && steps < limit; ++steps) {
      const auto index = slots_[*slot].first;
      unlink(index);
      if (*slot >= slots_per_level) {
        link(index);
        continue;
      }
      out.push_back({at(index).key, instant_of_ms(static_cast<std::int64_t>(at(index).due))});
      release(index);
      ++expired;
    }
    if (slots_[*slot].first == none)
      unfinished_.reset();
  }
  return expired;
}

std::optional<instant> timing_wheel::next_wakeup() const {
  const auto slot = unfinished_ ? unfinished_ : next_slot();
  if (!slot)
    return std::nullopt;
  return instant_of_ms(static_cast<std::int64_t>(std::max(start_of(*slot), hand_)));
}

std::uint32_t timing_wheel::slot_for(std::uint64_t due) const {
  const auto late_or_due = std::max(due, hand_);
  const auto differing = late_or_due ^ hand_;
  const auto level =
      differing == 0 ? 0U : (63U - static_cast<std::uint32_t>(std::countl_zero(differing))) / 6U;
  const auto digit = static_cast<std::uint32_t>(late_or_due >> (bits_per_level * level)) & 63U;
  return level * slots_per_level + digit;
}

std::optional<std::uint32_t> timing_wheel::next_slot() const {
  for (std::uint32_t level = 0; level < levels; ++level)
    if (occupied_[level] != 0)
      return level * slots_per_level +
             static_cast<std::uint32_t>(std::countr_zero(occupied_[level]));
  return std::nullopt;
}

std::uint64_t timing_wheel::start_of(std::uint32_t slot) const {
  const auto shift = bits_per_level * (slot / slots_per_level);
  const auto above = shift + bits_per_level >= 64 ? 0 : (hand_ >> (shift + 6)) << (shift + 6);
  return above | (std::uint64_t{slot % slots_per_level} << shift);
}

void timing_wheel::link(std::uint32_t index) {
  auto& node = at(index);
  node.slot = slot_for(node.due);
  auto& list = slots_[node.slot];
  node.previous = list.last;
  node.next = none;
  (list.last == none ? list.first : at(list.last).next) = index;
  list.last = index;
  occupied_[node.slot / slots_per_level] |= 1ULL << (node.slot % slots_per_level);
}

void timing_wheel::unlink(std::uint32_t index) {
  auto& node = at(index);
  auto& list = slots_[node.slot];
  (node.previous == none ? list.first : at(node.previous).next) = node.next;
  (node.next == none ? list.last : at(node.next).previous) = node.previous;
  if (list.first == none) {
    occupied_[node.slot / slots_per_level] &= ~(1ULL << (node.slot % slots_per_level));
    if (unfinished_ == node.slot)
      unfinished_.reset();
  }
}

std::uint32_t timing_wheel::allocate() {
  if (free_ != none) {
    const auto index = free_;
    free_ = at(index).next;
    return index;
  }
  if (used_ / chunk_size >= chunks_.size())
    chunks_.push_back(std::make_unique<timer[]>(chunk_size));
  return used_++;
}

void timing_wheel::release(std::uint32_t index) {
  auto& node = at(index);
  ++node.generation;
  node.next = free_;
  free_ = index;
  --size_;
}

} // namespace belfry
