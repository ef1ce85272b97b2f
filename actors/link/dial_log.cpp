#include "link/dial_log.hpp"

#include <spdlog/spdlog.h>

#include <cstddef>

namespace belfry {

namespace {

/// Nodes that are gone for good are not remembered for ever.
constexpr std::size_t places_max = 1'000;

} // namespace

void dial_log::note(const node_place& place, const result<done>& how) {
  const auto where = place.host + ":" + std::to_string(place.port);
  const std::lock_guard lock{mutex_};
  if (how) {
    latest_.erase(where);
    return;
  }
  if (latest_.size() >= places_max)
    latest_.clear();
  auto& latest = latest_[where];
  if (latest != how.error().what)
    spdlog::warn("link.failed place={} why=\"{}\"", where, how.error().what);
  latest = how.error().what;
}

} // namespace belfry
