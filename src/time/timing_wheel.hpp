#pragma once

#include "belfry/time.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace belfry {

/// What a timer is for; opaque to the wheel.
using timer_key = std::uint64_t;

/// Names one waiting timer. The default names none.
struct timer_handle {
  std::uint32_t index = 0;
  std::uint32_t generation = 0;

  friend bool operator==(const timer_handle&, const timer_handle&) = default;
};

/// A timer whose instant has come.
struct expired_timer {
  timer_key key = 0;
  instant due{};
};

/// Remembers instants and says which have come: a hierarchical timing wheel (Varghese and Lauck,
/// 1987) of eleven levels with 64 slots each, one slot of the lowest being a millisecond.
///
/// A timer lives on the level of the highest digit (base 64) in which its instant differs from the
/// hand's. When the hand reaches the slot the timer moves down, at most once per level; empty
/// slots are passed over by their bitmaps, so an idle stretch costs nothing however long it is.
///
/// The wheel never asks what time it is: the caller brings `now`. That makes it the same object
/// under a real clock, a simulated one, and a journal replay. Owned by one shard; not thread-safe.
/// Adding and cancelling take constant time; a timer costs 32 bytes.
class timing_wheel {
public:
  explicit timing_wheel(instant start);

  /// Adds a timer. A `due` in the past comes out of the next `advance_to`.
  timer_handle add(timer_key key, instant due);

  /// Forgets a timer. Returns whether it was still waiting.
  bool cancel(timer_handle handle);

  /// Moves the hand towards `now` and appends the timers that came due on the way to `out`, in
  /// order of their instant; timers of one instant in an order that depends only on the calls made
  /// so far. Stops after about `limit` timers and moves between levels; call it again for the rest.
  /// Returns how many timers it appended.
  ///
  /// Requires: `now` is not before the `now` of the previous call, and `limit` is at least 1.
  std::size_t advance_to(instant now, std::size_t limit, std::vector<expired_timer>& out);

  /// When the hand must next move, or nothing while no timer waits. May be earlier than the next
  /// timer, never later.
  [[nodiscard]] std::optional<instant> next_wakeup() const;

  [[nodiscard]] std::size_t size() const { return size_; }

private:
  static constexpr std::uint32_t bits_per_level = 6;
  static constexpr std::uint32_t slots_per_level = 1U << bits_per_level;
  static constexpr std::uint32_t levels = 11;
  static constexpr std::uint32_t chunk_size = 1U << 16;
  static constexpr std::uint32_t none = 0;

  struct timer {
    std::uint64_t due = 0;
    timer_key key = 0;
    std::uint32_t previous = none;
    std::uint32_t next = none;
    std::uint32_t generation = 1;
    std::uint32_t slot = 0;
  };
  struct chain {
    std::uint32_t first = none;
    std::uint32_t last = none;
  };

  timer& at(std::uint32_t index) { return chunks_[index / chunk_size][index % chunk_size]; }
  [[nodiscard]] std::uint32_t slot_for(std::uint64_t due) const;
  void link(std::uint32_t index);
  void unlink(std::uint32_t index);
  std::uint32_t allocate();
  void release(std::uint32_t index);
  [[nodiscard]] std::optional<std::uint32_t> next_slot() const;
  [[nodiscard]] std::uint64_t start_of(std::uint32_t slot) const;

  std::uint64_t hand_;     // Milliseconds; every timer is due at or after it, or late.
  std::uint64_t last_now_; // For the check that time does not go back.
  std::array<std::uint64_t, levels> occupied_{};
  std::array<chain, levels * slots_per_level> slots_{};
  std::optional<std::uint32_t> unfinished_; // A slot whose move down has begun.
  std::vector<std::unique_ptr<timer[]>> chunks_;
  std::uint32_t used_ = 1; // Nodes handed out at least once; 0 is no node.
  std::uint32_t free_ = none;
  std::size_t size_ = 0;
};

} // namespace belfry
