#pragma once

#include "belfry/ids.hpp"
#include "belfry/time.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace belfry {

// Why tokens and ids never repeat, though a shard's storage may be replaced by an older copy of
// itself or by an empty one.
//
// Each acquisition raises the shard's epoch. Counting on from the stored epoch is not enough: a
// copy does not hold the epochs that were acquired after it was made. So an epoch is also at least
// the number of minutes since 2026, and greater than every epoch that a worker, a client or the
// shard's own process remembers.
// Fencing tokens begin with their epoch, and each epoch has serials of its own.
//
//     time      storage                 epoch     first token     first serial
//     10:00     new                     481000    (481000, 1)     480999 * 2^24
//     10:00     restarted at once       481001    (481001, 1)     481000 * 2^24
//     10:02     copied away
//     10:20     restarted               481020    (481020, 1)     481019 * 2^24
//     10:30     replaced by the copy    481030    (481030, 1)     481029 * 2^24
//
// Rejected: a random incarnation in tokens. Tokens must grow, because other systems compare them.

/// Epochs are less than this: a fencing token has 24 bits for the epoch.
inline constexpr std::uint64_t epoch_end = std::uint64_t{1} << 24;

/// Clocks and peers raise epochs up to this one, which the clock reaches in November 2055. A
/// million epochs are left behind it, should a clock once be wrong by decades.
inline constexpr std::uint64_t epoch_min_limit = std::uint64_t{15} << 20;

/// 2026-01-01 00:00 UTC.
inline constexpr instant epoch_origin = instant_of_ms(1'767'225'600'000);

/// The least epoch that an owner acquires at `now`.
constexpr std::uint64_t epoch_min_at(instant now) {
  const auto minutes = std::chrono::floor<std::chrono::minutes>(now - epoch_origin).count();
  return std::min(static_cast<std::uint64_t>(std::max<std::int64_t>(minutes, 0)), epoch_min_limit);
}

/// How many serials an epoch has before those of the next one: more than a shard can accept in a
/// minute.
inline constexpr std::uint64_t serials_per_epoch = std::uint64_t{1} << 24;

/// The least serial of a task that is accepted in `epoch`. Requires: `epoch` is at least 1.
constexpr std::uint64_t first_serial_of(std::uint64_t epoch) {
  return std::max<std::uint64_t>((epoch - 1) * serials_per_epoch, 1);
}

/// What a worker or client has seen of a shard: the greatest of each; 0: none.
struct shard_memory {
  std::uint64_t epoch = 0;
  fencing_token token{};
  std::uint64_t serial = 0; ///< of a task

  /// The least epoch that may have given all this.
  [[nodiscard]] constexpr std::uint64_t latest_epoch() const {
    const auto of_serial = serial == 0 ? 0 : serial / serials_per_epoch + 1;
    return std::max({epoch, token.epoch(), of_serial});
  }
  /// Whether a shard can have given all this. If not, the message that says so is damaged.
  [[nodiscard]] constexpr bool is_plausible() const { return latest_epoch() < epoch_min_limit; }
};

} // namespace belfry
