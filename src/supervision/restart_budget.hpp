#pragma once

#include "belfry/time.hpp"

#include <cstddef>
#include <deque>
#include <optional>

namespace belfry {

/// How often a child may be restarted, and how long it rests before.
struct restart_limits {
  std::size_t restarts_max = 10; ///< within `window`; one more is one too many. 0: never
  duration window{60'000};       ///< restarts longer ago are forgotten
  duration backoff_min{100};     ///< before the first restart within the window; then doubles
  duration backoff_max{5'000};   ///< but grows no further than this
};

/// Decides whether a child that died may be restarted again, and after what pause.
///
/// One per child, owned by its supervisor. Never asks for the time: the caller brings it.
class restart_budget {
public:
  explicit restart_budget(restart_limits limits) : limits_(limits) {}

  /// Spends one restart at the time `now`, of any clock that only goes forward. Returns how long
  /// the child rests first, or nothing if the budget is used up.
  [[nodiscard]] std::optional<duration> spend(duration now);

  /// Restarts spent and not forgotten yet.
  [[nodiscard]] std::size_t spent() const { return restarts_.size(); }

private:
  restart_limits limits_;
  std::deque<duration> restarts_; // When they were spent, within the window, oldest first.
};

} // namespace belfry
