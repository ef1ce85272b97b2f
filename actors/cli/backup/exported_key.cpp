#include "cli/backup/exported_key.hpp"

#include "cli/flags.hpp"

#include "belfry/options.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string_view>

namespace belfry::shell {

namespace {

constexpr std::string_view key_prefix = "exported-";

} // namespace

std::string exported_key(const exported_task& task) {
  return std::string{key_prefix} + to_string(task.id) + "-" +
         std::to_string(to_ms(task.accepted_at));
}

std::optional<exported_task> parse_exported_key(const std::string& key) {
  const auto dash = key.rfind('-');
  if (!key.starts_with(key_prefix) || dash < key_prefix.size())
    return std::nullopt;
  const auto accepted_ms =
      parse_number(key.substr(dash + 1), 0, std::numeric_limits<std::int64_t>::max());
  const exported_task task{parse_task_id(key.substr(key_prefix.size(), dash - key_prefix.size())),
                           instant_of_ms(accepted_ms.value_or(0))};
  return exported_key(task) == key ? std::optional{task} : std::nullopt;
}

duration exported_key_ttl(instant due, instant now) {
  constexpr duration week{std::chrono::hours{24 * 7}};
  return std::min(std::max(due - now, duration{0}) + week, submit_limits{}.horizon);
}

} // namespace belfry::shell
