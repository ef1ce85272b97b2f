#pragma once

#include "belfry/client.hpp"
#include "belfry/task.hpp"
#include "time/crontab.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace belfry::shell {

/// With what the names of an owner's schedules begin. Of a long owner, only the end is in it,
/// beside a fingerprint of the whole: owners with the same end have prefixes of their own.
[[nodiscard]] std::string crontab_prefix(const std::string& owner);
/// As an earlier version had it, which owners with the same end shared; empty: it was the same.
[[nodiscard]] std::string former_crontab_prefix(const std::string& owner);

/// How a crontab becomes schedules.
struct crontab_import {
  std::string prefix;       ///< of the schedules' names
  std::string zone = "UTC"; ///< of lines without CRON_TZ
  std::string queue = "default";
  instant now{};        ///< a line that is never due after it is a problem
  std::string user{};   ///< that the node runs as; lines of other users go through runuser
  std::string run_as{}; ///< whose crontab it is, if it has no user column; empty: `user`
  /// A user's home directory; empty: this machine does not know the user. No function: it knows
  /// none.
  std::function<std::string(const std::string& user)> home_of{};
};

/// A crontab as schedules.
struct scheduled_crontab {
  std::vector<crontab_entry> entries;
  std::vector<schedule_spec> schedules;        ///< one per entry
  std::vector<std::vector<std::string>> notes; ///< for each entry, what its author may not expect
  std::vector<crontab_problem> problems;       ///< of all other lines, in their order
};

/// One schedule per entry, of the kind `exec`. It runs its command as cron does: through SHELL, in
/// the directory HOME, with the standard input of the entry and the settings above it. Without such
/// settings SHELL is /bin/sh, PATH is /usr/bin:/bin, and HOME is that of the user, whom LOGNAME and
/// USER name. It is not retried, and skips runs that were missed.
///
/// A name is the prefix and a fingerprint of the line, so that the same line always makes the same
/// schedule; the second of two equal lines gets the suffix `-2`. An entry that `exec` cannot run,
/// that is never due, or whose zone this machine lacks, is a problem.
[[nodiscard]] scheduled_crontab schedules_of(crontab read, const crontab_import& options);

/// What a node has to change so that it has the schedules of an import.
struct crontab_changes {
  std::vector<std::size_t> puts;     ///< of the schedules, those that it lacks or has otherwise
  std::size_t updates = 0;           ///< of the puts, those that it has otherwise
  std::vector<std::string> replaced; ///< schedules that puts take the place of, under other names
  std::vector<std::string> gone;     ///< schedules of the same owner whose lines are gone
};

/// Compares the schedules of an import with those that a node has. The owner of an import is what
/// its prefix names: all its schedules are called after the prefix and one fingerprint, and no
/// schedule of another owner is, whatever that owner is called. A schedule under `former_prefix` is
/// replaced if a line of the import has the same fingerprint; empty: there is none.
[[nodiscard]] crontab_changes changes_of(const scheduled_crontab& made, const std::string& prefix,
                                         const std::string& former_prefix,
                                         const std::vector<schedule_info>& present);

} // namespace belfry::shell
