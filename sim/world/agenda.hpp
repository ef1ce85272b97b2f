#pragma once

#include "world/sim_clock.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>

namespace belfry::sim {

/// What is to happen, and when; at one moment in the order it was added.
class agenda {
public:
  void add(world_time at, std::function<void()> deed) {
    deeds_.emplace(std::pair{at, next_++}, std::move(deed));
  }

  [[nodiscard]] std::optional<world_time> next() const {
    if (deeds_.empty())
      return std::nullopt;
    return deeds_.begin()->first.first;
  }

  /// Does the first deed if it is due by `now`. Returns whether there was one.
  bool run_one(world_time now) {
    if (deeds_.empty() || deeds_.begin()->first.first > now)
      return false;
    const auto deed = std::move(deeds_.extract(deeds_.begin()).mapped());
    deed();
    return true;
  }

  void clear() { deeds_.clear(); }

private:
  std::map<std::pair<world_time, std::uint64_t>, std::function<void()>> deeds_;
  std::uint64_t next_ = 0;
};

} // namespace belfry::sim
