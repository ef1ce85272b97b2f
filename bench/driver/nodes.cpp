#include "nodes.hpp"

#include "payload.hpp"

#include <chrono>
#include <thread>

namespace belfry::bench {

namespace {

constexpr std::int64_t patience_us = 120'000'000;

} // namespace

std::uint32_t shards_of(client& control_client, const std::string& node) {
  const auto info = control_client.cluster().info();
  if (info)
    for (const auto& member : info->nodes)
      if (member.name == node)
        return member.shards;
  return 0;
}

void wait_until(const std::function<bool()>& is_done, const char* wanted) {
  for (const auto end_us = now_us() + patience_us; !is_done();
       std::this_thread::sleep_for(duration{20}))
    if (now_us() > end_us)
      die(std::string{"timed out waiting for "} + wanted);
}

std::uint32_t wait_for_balance(client& control_client, const std::string& node) {
  constexpr int looks = 100;
  std::uint32_t last = 0;
  int same = 0;
  wait_until(
      [&] {
        const auto now = shards_of(control_client, node);
        same = now > 0 && now == last ? same + 1 : 0;
        last = now;
        return same >= looks;
      },
      "a balance");
  return last;
}

} // namespace belfry::bench
