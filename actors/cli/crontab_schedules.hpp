#pragma once

#include "belfry/result.hpp"
#include "belfry/task.hpp"
#include "time/crontab.hpp"

#include <string>
#include <vector>

namespace belfry::shell {

/// How a crontab becomes schedules.
struct crontab_import {
  std::string prefix;       ///< of the schedules' names
  std::string zone = "UTC"; ///< of lines without CRON_TZ
  std::string queue = "default";
  std::string user; ///< that the node runs as; lines of other users go through runuser
};

/// One schedule per entry, of the kind `exec`. Runs through the entry's SHELL or /bin/sh, with its
/// environment and standard input, is not retried, and skips runs that were missed, as cron does.
///
/// A name is the prefix and a fingerprint of the line, so that the same line always makes the same
/// schedule; the second of two equal lines gets the suffix `-2`. Fails, naming the line, if `exec`
/// cannot run an entry.
result<std::vector<schedule_spec>> schedules_of(const std::vector<crontab_entry>& entries,
                                                const crontab_import& options);

} // namespace belfry::shell
