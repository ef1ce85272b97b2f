#include "time/crontab.hpp"

#include "time/cron.hpp"
#include "time/cron_field.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>
#include <system_error>
#include <utility>

namespace belfry {
namespace {

constexpr std::string_view blanks = " \t\r";

std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos)
    return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

/// Removes the first word and the blanks around it from `text` and returns the word.
std::string_view take_word(std::string_view& text) {
  text = trim(text);
  const auto end = std::min(text.find_first_of(blanks), text.size());
  const auto word = text.substr(0, end);
  text = trim(text.substr(end));
  return word;
}

std::string_view without_quotes(std::string_view text) {
  const bool is_quoted = text.size() >= 2 && (text.front() == '"' || text.front() == '\'') &&
                         text.front() == text.back();
  return is_quoted ? text.substr(1, text.size() - 2) : text;
}

struct setting {
  std::string_view name;
  std::string_view value;
};

/// Returns the setting that `line` makes, or nothing if it is an entry.
std::optional<setting> read_setting(std::string_view line) {
  const auto equals = line.find('=');
  if (equals == std::string_view::npos)
    return std::nullopt;
  const auto name = without_quotes(trim(line.substr(0, equals)));
  if (name.empty() || name.find_first_of(" \t\"'") != std::string_view::npos ||
      (std::isalpha(static_cast<unsigned char>(name[0])) == 0 && name[0] != '_'))
    return std::nullopt;
  return setting{name, without_quotes(trim(line.substr(equals + 1)))};
}

/// What a setting RANDOM_DELAY says, in minutes; nothing if it is malformed.
std::optional<duration> read_delay(std::string_view text) {
  constexpr std::uint32_t minutes_max = 24 * 60;
  std::uint32_t minutes = 0;
  const auto* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, minutes);
  if (read.ec != std::errc{} || read.ptr != end || minutes > minutes_max)
    return std::nullopt;
  return std::chrono::minutes{minutes};
}

void split_command(std::string_view text, crontab_entry& entry) {
  auto* target = &entry.command;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text.substr(at).starts_with("\\%")) {
      *target += '%';
      ++at;
    } else if (text[at] != '%') {
      *target += text[at];
    } else if (target == &entry.command) {
      target = &entry.stdin_text;
    } else {
      *target += '\n';
    }
  }
  if (!entry.stdin_text.empty() && entry.stdin_text.back() != '\n')
    entry.stdin_text += '\n';
  entry.command = trim(entry.command);
}

/// A crontab while it is being read from top to bottom.
class crontab_reader {
public:
  explicit crontab_reader(bool has_user_column) : has_user_column_(has_user_column) {}

  void read_line(std::string_view line) {
    ++line_number_;
    line = trim(line);
    if (line.empty() || line.starts_with('#'))
      return;
    if (const auto set = read_setting(line))
      apply(*set);
    else
      read_entry(line.starts_with('-') ? line.substr(1) : line);
  }

  crontab take() { return std::move(crontab_); }

private:
  void refuse_line(std::string problem) {
    crontab_.problems.push_back({line_number_, std::move(problem)});
  }

  void apply(const setting& set) {
    if (set.name == "RANDOM_DELAY") {
      const auto delay = read_delay(set.value);
      if (!delay)
        return refuse_line("RANDOM_DELAY is '" + std::string{set.value} +
                           "', expected minutes from 0 to 1440");
      delay_max_ = *delay;
    }
    environment_[std::string{set.name}] = set.value;
  }

  void read_entry(std::string_view line) {
    crontab_entry entry;
    entry.line_number = line_number_;
    entry.environment = environment_;
    entry.delay_max = delay_max_;
    entry.when.line = take_time(line);
    if (const auto zone = environment_.find("CRON_TZ"); zone != environment_.end())
      entry.when.zone = zone->second;
    if (const auto rule = cron_rule::parse(entry.when); !rule)
      return refuse_line(rule.error().what);
    if (has_user_column_)
      entry.user = take_word(line);
    split_command(line, entry);
    if (entry.command.empty())
      return refuse_line(has_user_column_ ? "expected a user and a command after the time"
                                          : "expected a command after the time");
    crontab_.entries.push_back(std::move(entry));
  }

  static std::string take_time(std::string_view& line) {
    std::string time{take_word(line)};
    const auto remaining_fields = is_same_cron_word(time, "@every") ? 1
                                  : time.starts_with('@')           ? 0
                                                                    : 4;
    for (int count = 0; count < remaining_fields && !line.empty(); ++count)
      time.append(" ").append(take_word(line));
    return time;
  }

  bool has_user_column_;
  std::size_t line_number_ = 0;
  std::map<std::string, std::string> environment_;
  duration delay_max_{0};
  crontab crontab_;
};

} // namespace

crontab read_crontab(std::string_view text, bool has_user_column) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.starts_with(byte_order_mark))
    text.remove_prefix(byte_order_mark.size());
  crontab_reader reader{has_user_column};
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    reader.read_line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return reader.take();
}

} // namespace belfry
