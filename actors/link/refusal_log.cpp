#include "link/refusal_log.hpp"

#include <spdlog/spdlog.h>

namespace belfry {

refusal_log::~refusal_log() {
  tell_unlogged();
}

void refusal_log::note(const std::string& peer, const std::string& why) {
  const auto now = time_->now();
  if (now - since_ >= span) {
    tell_unlogged();
    since_ = now;
    count_ = 0;
  }
  if (++count_ <= lines_max)
    spdlog::warn("link.refused peer={} why=\"{}\"", peer, why);
}

void refusal_log::tell_unlogged() {
  if (count_ > lines_max)
    spdlog::warn("link.refused_too count={} within_ms={}", count_ - lines_max, span.count());
}

} // namespace belfry
