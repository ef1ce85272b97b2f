#pragma once

#include "belfry/time.hpp"

#include <cstddef>
#include <deque>
#include <optional>

namespace belfry {

/// How often a child may be restarted, and after what pause.
struct restart_limits {
  std::size_t restarts_max = 10; ///< within `window`. 0: never restart
  duration window{60'000};       ///< older restarts do not count
  duration backoff_min{100}; ///< the pause before the first restart in the window; then it doubles
  duration backoff_max{5'000}; ///< the cap of the pause
};

/// Decides whether a child that ended may be restarted, and after what pause.
///
/// One per child, owned by its supervisor. The caller passes the time.
class restart_budget {
public:
  explicit restart_budget(restart_limits limits) : limits_(limits) {}

  /// Spends one restart at the time `now`, of any clock that does not go back. Returns the pause
  /// before the restart, or nothing if the budget is used up.
  [[nodiscard]] std::optional<duration> spend(duration now);

  /// Restarts within the window.
  [[nodiscard]] std::size_t spent() const { return restarts_.size(); }

private:
  restart_limits limits_;
  std::deque<duration> restarts_; // The times of restarts within the window, oldest first.
};

} // namespace belfry
