#pragma once

#include "belfry/client.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace belfry::bench {

/// How many shards the node owns, as the cluster reports it; 0 if it does not answer.
[[nodiscard]] std::uint32_t shards_of(client& control_client, const std::string& node);

/// Polls `is_done`; ends this program if it stays false for two minutes, naming what was `wanted`.
void wait_until(const std::function<bool()>& is_done, const char* wanted);

/// Until the node has shards, and none has moved for a while. Returns how many it has then.
std::uint32_t wait_for_balance(client& control_client, const std::string& node);

} // namespace belfry::bench
