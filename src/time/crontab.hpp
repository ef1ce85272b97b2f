#pragma once

#include "belfry/result.hpp"
#include "belfry/schedule.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace belfry {

/// One command of a crontab, and when it is due.
struct crontab_entry {
  std::size_t line_number = 0; ///< in the file, from 1
  cron_spec when;              ///< five fields or an @name; the zone of `CRON_TZ`, or UTC
  std::string user;            ///< empty in a crontab without a user column
  std::string command;         ///< the text for the shell, up to the first `%`
  std::string stdin_text;      ///< what follows that `%`: whole lines, or empty
  std::map<std::string, std::string> environment; ///< settings above this line, `CRON_TZ` included

  friend bool operator==(const crontab_entry&, const crontab_entry&) = default;
};

/// Returns the entries of the crontab `text` in their order.
///
/// As Vixie cron reads it: blank lines and lines that begin with `#` are ignored; `NAME=value`
/// (the value may be quoted) applies to the entries below it; in a command, the first `%` begins
/// the standard input, each later one is a line break in it, and `\%` is a plain `%`. Only
/// `CRON_TZ` sets the zone of the times; `TZ` only applies to the command. With
/// `has_user_column` the word after the time is a user name, as in /etc/crontab.
///
/// If a line is malformed, returns `invalid_argument` naming that line. `@reboot` is such a line:
/// it names no time.
result<std::vector<crontab_entry>> parse_crontab(std::string_view text, bool has_user_column);

} // namespace belfry
