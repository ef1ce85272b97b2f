#include "placement/failure_detector.hpp"

#include "belfry/coverage_probe.hpp"

#include <utility>

namespace belfry {

namespace {

coverage_probe detector_reset{"a node whose storage was unavailable suspects no member"};

} // namespace

std::vector<member> failure_detector::suspects(const cluster_view& view) {
  auto previous = std::exchange(last_heartbeats_, {});
  if (last_check_ && (view.now < *last_check_ || view.now - *last_check_ > gap_max_)) {
    detector_reset.hit();
    previous.clear();
  }
  last_check_ = view.now;
  std::vector<member> found;
  for (const auto& node : view.members) {
    const auto known = previous.find(node.id);
    const bool is_unchanged =
        known != previous.end() && known->second.heartbeats == node.heartbeats;
    const last_heartbeat latest{node.heartbeats, is_unchanged ? known->second.since : view.now};
    last_heartbeats_[node.id] = latest;
    if (view.now - latest.since >= failure_timeout_)
      found.push_back(node);
  }
  return found;
}

void failure_detector::restart() {
  last_heartbeats_.clear();
  last_check_.reset();
}

} // namespace belfry
