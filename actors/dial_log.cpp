#include "dial_log.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace belfry {

void dial_log::note(const node_place& place, const failure& why) {
  auto text = place.host + ":" + std::to_string(place.port) + " why=\"" + why.what + "\"";
  const std::lock_guard lock{mutex_};
  if (text != latest_)
    spdlog::warn("link.failed place={}", text);
  latest_ = std::move(text);
}

} // namespace belfry
