#pragma once

#include "world/sim_clock.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>

namespace belfry::sim {

/// What is to happen, and when; at one moment in the order it was added.
class event_queue {
public:
  void add(world_time at, std::function<void()> action) {
    actions_.emplace(std::pair{at, next_++}, std::move(action));
  }

  [[nodiscard]] std::optional<world_time> next() const {
    if (actions_.empty())
      return std::nullopt;
    return actions_.begin()->first.first;
  }

  /// Does the first deed if it is due by `now`. Returns whether there was one.
  bool run_one(world_time now) {
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
