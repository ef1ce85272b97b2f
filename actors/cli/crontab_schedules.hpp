#pragma once

#include "belfry/task.hpp"
#include "time/crontab.hpp"

#include <functional>
#include <string>
#include <vector>

namespace belfry::shell {

/// How a crontab becomes schedules.
struct crontab_import {
  std::string prefix;       ///< of the schedules' names
  std::string zone = "UTC"; ///< of lines without CRON_TZ
  std::string queue = "default";
  std::string user{};   ///< that the node runs as; lines of other users go through runuser
  std::string run_as{}; ///< whose crontab it is, if it has no user column; empty: `user`
  /// A user's home directory; empty: this machine does not know the user. No function: it knows
  /// none.
  std::function<std::string(const std::string& user)> home_of{};
};

/// A crontab as schedules.
struct scheduled_crontab {
  std::vector<crontab_entry> entries;
  std::vector<schedule_spec> schedules;  ///< one per entry
  std::vector<crontab_problem> problems; ///< of all other lines, in their order
};

/// One schedule per entry, of the kind `exec`. It runs its command as cron does: through SHELL, in
/// the directory HOME, with the standard input of the entry and the settings above it. Without such
/// settings SHELL is /bin/sh, PATH is /usr/bin:/bin, and HOME is that of the user, whom LOGNAME and
/// USER name. It is not retried, and skips runs that were missed.
///
/// A name is the prefix and a fingerprint of the line, so that the same line always makes the same
/// schedule; the second of two equal lines gets the suffix `-2`. An entry that `exec` cannot run,
/// or whose zone this machine lacks, is a problem.
[[nodiscard]] scheduled_crontab schedules_of(crontab read, const crontab_import& options);

} // namespace belfry::shell
