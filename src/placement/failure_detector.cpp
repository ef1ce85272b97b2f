#include "placement/failure_detector.hpp"

#include "belfry/coverage_probe.hpp"

#include <utility>

namespace belfry {

namespace {

coverage_probe detector_reset{"a node that was cut off from the storage suspects nobody"};

} // namespace

std::vector<member> failure_detector::suspects(const cluster_view& view) {
  auto before = std::exchange(last_heartbeats_, {});
  if (last_check_ && (view.now < *last_check_ || view.now - *last_check_ > gap_max_)) {
    detector_reset.hit();
    before.clear();
  }
  last_check_ = view.now;
  std::vector<member> found;
  for (const auto& one : view.members) {
    const auto known = before.find(one.id);
    const bool is_same = known != before.end() && known->second.heartbeats == one.heartbeats;
    const last_heartbeat latest{one.heartbeats, is_same ? known->second.since : view.now};
    last_heartbeats_[one.id] = latest;
    if (view.now - latest.since >= failure_timeout_)
      found.push_back(one);
  }
  return found;
}

} // namespace belfry
