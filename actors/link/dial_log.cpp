#include "link/dial_log.hpp"

#include <spdlog/spdlog.h>

#include <cstddef>

namespace belfry {

namespace {

/// Nodes that are gone for good are not remembered for ever.
constexpr std::size_t places_max = 1'000;

} // namespace

void dial_log::note(const node_address& place, const result<done>& outcome) {
  const auto where = place.host + ":" + std::to_string(place.port);
  const std::lock_guard lock{mutex_};
  if (outcome) {
    latest_.erase(where);
    return;
  }
  if (latest_.size() >= places_max)
    latest_.clear();
  auto& latest = latest_[where];
  if (latest != outcome.error().what)
    spdlog::warn("link.connect_failed place={} reason=\"{}\"", where, outcome.error().what);
  latest = outcome.error().what;
}

} // namespace belfry
