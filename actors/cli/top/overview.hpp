#pragma once

#include "cli/text/output_style.hpp"

#include "belfry/client.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace belfry::shell {

/// A queue in an overview.
struct queue_overview {
  queue_info info;
  std::optional<duration> oldest_ready; ///< how long its oldest ready task has been due
  bool is_oldest_known = true;          ///< false: there may be an older one
  std::string why;                      ///< why that task is not running
};

/// What `belfry top` shows, at one instant.
struct overview {
  instant at{};
  node_status status;
  std::vector<queue_overview> queues;
};

/// The overview as lines of text; `before` is the one of which the growth is counted, nothing for
/// the first. Requires: `before` is earlier than `now`.
[[nodiscard]] std::string format_overview(const overview& now, const overview* before,
                                          const output_style& style);

/// The first lines of `text`, as many as the terminal has beside the line of the cursor, for a
/// screen that shows an earlier frame: each erases what is left there of its line, and the last one
/// what is below.
[[nodiscard]] std::string frame_of(const std::string& text, std::size_t rows);

} // namespace belfry::shell
