#pragma once

#include "belfry/time.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace belfry {

/// Identifies a timer for its owner; opaque to the wheel.
using timer_key = std::uint64_t;

/// A timer that has expired.
struct expired_timer {
  timer_key key = 0;
  instant due{};
};

/// Keeps timers and returns the expired ones: a hierarchical timing wheel (Varghese and Lauck,
/// 1987) of eleven levels with 64 slots each, one slot of the lowest being a millisecond.
///
/// A timer lives on the level of the highest digit (base 64) in which its instant differs from the
/// hand's. When the hand reaches the slot the timer moves down, at most once per level; empty
/// slots are passed over by their bitmaps, so an idle stretch costs nothing however long it is.
///
/// A slot is a chain of blocks that are filled in order and read in order, so that moving down
/// streams through memory.
///
/// The wheel has no index of its timers: its owner knows which are pending. A cancelled timer stays
/// in its block until the hand reaches it, or until there are half as many cancelled timers as
/// pending ones and they are swept out.
///
/// The wheel reads no clock: the caller passes `now`. So it behaves the same under a real clock, a
/// simulated one, and a journal replay. Owned by one shard; not thread-safe.
/// Adding and cancelling take constant time, amortized; a timer costs 16 bytes.
class timing_wheel {
public:
  /// Whether the timer of `key` at `due` is pending. A timer that is cancelled and added again at
  /// the same instant, before it was swept out, expires twice.
  using pending_predicate = std::function<bool(timer_key key, instant due)>;

  timing_wheel(instant start, pending_predicate is_pending);

  /// Adds a timer. One with `due` in the past expires in the next `advance_to`.
  void add(timer_key key, instant due);

  /// Counts a cancelled timer. Requires: `is_pending` returns false for it already.
  void cancel();

  /// Moves the hand towards `now` and appends the pending timers that expire on the way to `out`,
  /// in order of their instant; timers of one instant in an order that depends only on the calls
  /// made so far. Stops after about `limit` timers, or 32 times as many moves between levels; call
  /// it again for the rest. Returns how many timers it appended.
  ///
  /// Requires: `now` is not before the `now` of the previous call, and `limit` is at least 1.
  std::size_t advance_to(instant now, std::size_t limit, std::vector<expired_timer>& out);

  /// When the hand must move next; nothing while no timer is pending. May be earlier than the next
  /// timer, never later.
  [[nodiscard]] std::optional<instant> next_wakeup() const;

  /// The number of pending timers, as far as the owner has reported cancellations.
  [[nodiscard]] std::size_t size() const { return entry_count_ - stale_; }

  /// Calls `visit(key, due)` for all timers, cancelled ones among them, in no certain order.
  template <class Visit>
  void visit_all(Visit visit) const {
    for (const auto& list : slots_)
      for (auto number = list.first, i = list.begin; number != none;
           number = blocks_[number].next) {
        const auto end = number == list.last ? list.end : block::capacity;
        for (; i < end; ++i)
          visit(blocks_[number].entries[i].key, blocks_[number].entries[i].due());
        i = 0;
      }
  }

private:
  static constexpr std::uint32_t bits_per_level = 6;
  static constexpr std::uint32_t slots_per_level = 1U << bits_per_level;
  static constexpr std::uint32_t levels = 11;
  static constexpr std::uint32_t slot_count = levels * slots_per_level;
  static constexpr std::uint32_t none = 0;
  static constexpr std::uint32_t stale_min = 1024; // Fewer are not worth a sweep.

  // Entries and blocks stay uninitialised until used: initialising would touch memory twice.
  struct entry {
    std::int64_t due_ms;
    timer_key key;
    [[nodiscard]] instant due() const { return instant_of_ms(due_ms); }
  };
  struct block {
    static constexpr std::uint32_t capacity = 63;
    std::array<entry, capacity> entries;
    std::uint32_t next;
  };
  struct block_list {
    std::uint32_t first = none;
    std::uint32_t last = none;
    std::uint32_t begin = 0; // Of the remaining entries in the first block.
    std::uint32_t end = 0;   // Of the used entries in the last block.
  };
  /// Elements that never move, addressed by number; 0 is none.
  template <class T, std::uint32_t PerChunk>
  struct arena {
    T& operator[](std::uint32_t i) { return chunks[i / PerChunk][i % PerChunk]; }
    const T& operator[](std::uint32_t i) const { return chunks[i / PerChunk][i % PerChunk]; }
    std::uint32_t grow() {
      if (used / PerChunk >= chunks.size())
        chunks.push_back(std::make_unique_for_overwrite<T[]>(PerChunk));
      return used++;
    }
    std::vector<std::unique_ptr<T[]>> chunks;
    std::uint32_t used = 1;
    std::uint32_t first_free = none;
  };

  [[nodiscard]] std::uint32_t slot_for(std::int64_t due_ms) const;
  [[nodiscard]] std::optional<std::uint32_t> next_slot() const;
  [[nodiscard]] std::uint64_t start_of(std::uint32_t slot) const;
  void insert(const entry& timer);
  entry pop_first(std::uint32_t slot);
  void clear_slot(std::uint32_t slot);
  void uncount(bool is_stale);
  void sweep_next_slot();
  void sweep(std::uint32_t slot);
  void sweep_all();
  std::uint32_t allocate_block();
  void release_block(std::uint32_t number);

  std::uint64_t current_tick_; // Milliseconds; every timer is due at or after it, or late.
  std::uint64_t last_now_;     // To check that time does not go back.
  std::array<std::uint64_t, levels> occupied_{};
  std::array<block_list, slot_count> slots_{};
  std::optional<std::uint32_t> partial_slot_; // A slot that was emptied only in part.
  arena<block, 64> blocks_;
  pending_predicate is_pending_;
  std::size_t entry_count_ = 0;
  std::size_t stale_ = 0;                // Cancelled timers among them, as far as reported.
  std::uint32_t last_swept_slot_ = 0;    // The slot that was swept last.
  std::size_t cancelled_since_wrap_ = 0; // Since the sweep last passed the last slot.
};

} // namespace belfry
