#pragma once

#include "belfry/ids.hpp"
#include "belfry/time.hpp"

#include <optional>
#include <string>

namespace belfry::shell {

/// The task that a line of an export stands for.
struct exported_task {
  task_id id{};
  instant accepted_at{}; ///< differs for a task of another cluster with the same id

  friend bool operator==(const exported_task&, const exported_task&) = default;
};

/// The key under which an exported task that has none is imported, however often:
/// `exported-0-8053046902785-1795996800000`.
[[nodiscard]] std::string exported_key(const exported_task& task);

/// Nothing if `key` is not such a key.
[[nodiscard]] std::optional<exported_task> parse_exported_key(const std::string& key);

/// How long such a key has to live if the task is due at `due`: until a week after that, and at
/// least a week from `now` on.
[[nodiscard]] duration exported_key_ttl(instant due, instant now);

} // namespace belfry::shell
