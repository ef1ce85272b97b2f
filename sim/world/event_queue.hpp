#pragma once

#include "world/sim_clock.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>

namespace belfry::sim {

/// The actions of a world in order of their due time; actions due at the same time run in the order
/// in which they were added.
class event_queue {
public:
  void add(world_time due, std::function<void()> action) {
    actions_.emplace(std::pair{due, next_++}, std::move(action));
  }

  [[nodiscard]] std::optional<world_time> next() const {
    if (actions_.empty())
      return std::nullopt;
    return actions_.begin()->first.first;
  }

  /// Runs the first action if it is due by `now`. Returns whether it did.
  bool run_next(world_time now) {
    if (actions_.empty() || actions_.begin()->first.first > now)
      return false;
    const auto action = std::move(actions_.extract(actions_.begin()).mapped());
    action();
    return true;
  }

  void clear() { actions_.clear(); }

private:
  std::map<std::pair<world_time, std::uint64_t>, std::function<void()>> actions_;
  std::uint64_t next_ = 0;
};

} // namespace belfry::sim
