#include "link/dial_log.hpp"

#include "text/printable.hpp"

#include <spdlog/spdlog.h>

#include <cstddef>

namespace belfry {

namespace {

/// Bounds the memory for nodes that never come back.
constexpr std::size_t addresses_max = 1'000;

} // namespace

void dial_log::note(const node_address& address, const result<done>& outcome) {
  const auto text = to_string(address);
  const std::lock_guard lock{mutex_};
  if (outcome) {
    latest_.erase(text);
    return;
  }
  if (latest_.size() >= addresses_max)
    latest_.clear();
  auto& latest = latest_[text];
  if (latest != outcome.error().what)
    spdlog::warn("link.connect_failed address={} reason={}", log_value(text),
                 log_value(outcome.error().what));
  latest = outcome.error().what;
}

} // namespace belfry
