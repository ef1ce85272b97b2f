#include "time/timing_wheel.hpp"

#include "belfry/contract.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

namespace belfry {

namespace {

/// How many moves between levels cost the owner as much as one expired timer.
constexpr std::size_t cascades_per_timer = 32;

std::uint64_t ticks_of(std::int64_t ms) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(ms, 0));
}

} // namespace

timing_wheel::timing_wheel(instant start, pending_predicate is_pending)
    : current_tick_(ticks_of(to_ms(start))), last_now_(current_tick_),
      is_pending_(std::move(is_pending)) {}

void timing_wheel::add(timer_key key, instant due) {
  insert({to_ms(due), key});
  ++entry_count_;
}

void timing_wheel::cancel() {
  stale_ = std::min(stale_ + 1, entry_count_);
  ++cancelled_since_wrap_;
  if (size() == 0)
    sweep_all();
  else if (stale_ > size() / 2 + stale_min)
    sweep_next_slot();
}

std::size_t timing_wheel::advance_to(instant now, std::size_t limit,
                                     std::vector<expired_timer>& out) {
  const auto target = ticks_of(to_ms(now));
  expects(target >= last_now_, "timing_wheel::advance_to: now does not go back");
  expects(limit >= 1, "timing_wheel::advance_to: the limit is at least 1");
  last_now_ = target;
  auto left = std::min(limit, std::numeric_limits<std::size_t>::max() / cascades_per_timer);
  left *= cascades_per_timer;
  const auto expired_before = out.size();
  while (left > 0) {
    const auto slot = partial_slot_ ? partial_slot_ : next_slot();
    if (!slot || start_of(*slot) > target) {
      current_tick_ = std::max(current_tick_, target);
      break;
    }
    current_tick_ = std::max(current_tick_, start_of(*slot));
    partial_slot_ = slot;
    while (slots_[*slot].first != none && left > 0) {
      const auto first = pop_first(*slot);
      left -= std::min<std::size_t>(left, *slot < slots_per_level ? cascades_per_timer : 1);
      if (*slot >= slots_per_level) {
        insert(first);
        continue;
      }
      const auto is_stale = !is_pending_(first.key, first.due());
      uncount(is_stale);
      if (!is_stale)
        out.push_back({first.key, first.due()});
    }
    if (slots_[*slot].first == none)
      partial_slot_.reset();
  }
  if (size() == 0)
    sweep_all();
  return out.size() - expired_before;
}

std::optional<instant> timing_wheel::next_wakeup() const {
  const auto slot = partial_slot_ ? partial_slot_ : next_slot();
  if (!slot)
    return std::nullopt;
  return instant_of_ms(static_cast<std::int64_t>(std::max(start_of(*slot), current_tick_)));
}

std::uint32_t timing_wheel::slot_for(std::int64_t due_ms) const {
  const auto late_or_due = std::max(ticks_of(due_ms), current_tick_);
  const auto differing = late_or_due ^ current_tick_;
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
  const auto above =
      shift + bits_per_level >= 64 ? 0 : (current_tick_ >> (shift + 6)) << (shift + 6);
  return above | (std::uint64_t{slot % slots_per_level} << shift);
}

void timing_wheel::insert(const entry& timer) {
  const auto slot = slot_for(timer.due_ms);
  auto& list = slots_[slot];
  if (list.first == none) {
    list.first = list.last = allocate_block();
    list.begin = list.end = 0;
    occupied_[slot / slots_per_level] |= 1ULL << (slot % slots_per_level);
  } else if (list.end == block::capacity) {
    const auto more = allocate_block();
    blocks_[list.last].next = more;
    list.last = more;
    list.end = 0;
  }
  blocks_[list.last].entries[list.end++] = timer;
}

timing_wheel::entry timing_wheel::pop_first(std::uint32_t slot) {
  auto& list = slots_[slot];
  const auto number = list.first;
  const auto first = blocks_[number].entries[list.begin++];
  if (number == list.last) {
    if (list.begin == list.end)
      clear_slot(slot);
  } else if (list.begin == block::capacity) {
    list.first = blocks_[number].next;
    list.begin = 0;
    release_block(number);
  }
  return first;
}

void timing_wheel::clear_slot(std::uint32_t slot) {
  auto& list = slots_[slot];
  while (list.first != none) {
    const auto number = list.first;
    list.first = blocks_[number].next;
    release_block(number);
  }
  list = {};
  occupied_[slot / slots_per_level] &= ~(1ULL << (slot % slots_per_level));
}

void timing_wheel::uncount(bool is_stale) {
  --entry_count_;
  stale_ = std::min(is_stale && stale_ > 0 ? stale_ - 1 : stale_, entry_count_);
}

void timing_wheel::sweep_next_slot() {
  do {
    last_swept_slot_ = (last_swept_slot_ + 1) % slot_count;
    // All slots were swept: timers cancelled before the round are gone.
    if (last_swept_slot_ == 0)
      stale_ = std::min(stale_, std::exchange(cancelled_since_wrap_, 0));
  } while (slots_[last_swept_slot_].first == none);
  sweep(last_swept_slot_);
}

void timing_wheel::sweep(std::uint32_t slot) {
  auto& list = slots_[slot];
  auto kept_block = list.first;
  auto kept_end = list.begin;
  for (auto number = list.first, i = list.begin; number != none; number = blocks_[number].next) {
    const auto end = number == list.last ? list.end : block::capacity;
    for (; i < end; ++i) {
      const auto& timer = blocks_[number].entries[i];
      if (!is_pending_(timer.key, timer.due())) {
        uncount(true);
        continue;
      }
      if (kept_end == block::capacity) {
        kept_block = blocks_[kept_block].next;
        kept_end = 0;
      }
      blocks_[kept_block].entries[kept_end++] = timer;
    }
    i = 0;
  }
  for (auto rest = std::exchange(blocks_[kept_block].next, none); rest != none;) {
    const auto next = blocks_[rest].next;
    release_block(rest);
    rest = next;
  }
  list.last = kept_block;
  list.end = kept_end;
  if (list.first == list.last && list.begin == list.end)
    clear_slot(slot);
  if (list.first == none && partial_slot_ == slot)
    partial_slot_.reset();
}

void timing_wheel::sweep_all() {
  for (std::uint32_t level = 0; level < levels; ++level)
    for (auto left = occupied_[level]; left != 0; left &= left - 1)
      sweep(level * slots_per_level + static_cast<std::uint32_t>(std::countr_zero(left)));
  stale_ = 0;
}

std::uint32_t timing_wheel::allocate_block() {
  auto number = blocks_.first_free;
  if (number == none)
    number = blocks_.grow();
  else
    blocks_.first_free = blocks_[number].next;
  blocks_[number].next = none;
  return number;
}

void timing_wheel::release_block(std::uint32_t number) {
  blocks_[number].next = blocks_.first_free;
  blocks_.first_free = number;
}

} // namespace belfry
