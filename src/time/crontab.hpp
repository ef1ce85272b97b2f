#pragma once

#include "belfry/schedule.hpp"
#include "belfry/time.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace belfry {

/// One command of a crontab, and when it is due.
struct crontab_entry {
  std::size_t line_number = 0;                    ///< in the file, from 1
  cron_spec when;                                 ///< the zone of `CRON_TZ`, or UTC
  std::string user;                               ///< empty in a crontab without a user column
  std::string command;                            ///< the text for the shell, up to the first `%`
  std::string stdin_text;                         ///< what follows that `%`: whole lines, or empty
  std::map<std::string, std::string> environment; ///< settings above this line, `CRON_TZ` included
  duration delay_max{0}; ///< each run is delayed by up to this: `RANDOM_DELAY`, which is in minutes

  friend bool operator==(const crontab_entry&, const crontab_entry&) = default;
};

/// A line of a crontab that cannot be used, and why.
struct crontab_problem {
  std::size_t line_number = 0;
  std::string what;

  friend bool operator==(const crontab_problem&, const crontab_problem&) = default;
};

/// What a crontab holds, each in the order of its lines.
struct crontab {
  std::vector<crontab_entry> entries;
  std::vector<crontab_problem> problems;
};

/// Reads the crontab `text` to its end; a line that cannot be used is a problem, and the lines
/// below it are read.
///
/// As Vixie cron and cronie read it: blank lines and lines that begin with `#` are ignored, and so
/// are a byte order mark and the `-` before a time (do not log). `NAME=value` (the value may be
/// quoted) applies to the entries below it; the name begins with a letter or `_` and has no blanks.
/// In a command, the first `%` begins the standard input, each later one is a line break in it, and
/// `\%` is a plain `%`. Only `CRON_TZ` sets the zone of the times; `TZ` only applies to the
/// command. With `has_user_column` the word after the time is a user name, as in /etc/crontab.
///
/// A RANDOM_DELAY that is not a number of minutes is a problem: the one above it stays in force.
[[nodiscard]] crontab read_crontab(std::string_view text, bool has_user_column);

} // namespace belfry
