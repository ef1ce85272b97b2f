#include "placement/silence_watch.hpp"

#include "belfry/situation.hpp"

#include <utility>

namespace belfry {

namespace {

situation watch_begins_anew{"a node that was cut off from the storage suspects nobody"};

} // namespace

std::vector<member> silence_watch::silent(const cluster_view& view) {
  auto before = std::exchange(signs_, {});
  if (looked_at_ && (view.now < *looked_at_ || view.now - *looked_at_ > gap_max_)) {
    watch_begins_anew.reached();
    before.clear();
  }
  looked_at_ = view.now;
  std::vector<member> found;
  for (const auto& one : view.members) {
    const auto known = before.find(one.id);
    const bool is_same = known != before.end() && known->second.beats == one.beats;
    const sign latest{one.beats, is_same ? known->second.since : view.now};
    signs_[one.id] = latest;
    if (view.now - latest.since >= patience_)
      found.push_back(one);
  }
  return found;
}

} // namespace belfry
