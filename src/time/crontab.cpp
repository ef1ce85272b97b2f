#include "time/crontab.hpp"

#include "time/cron.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
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
  const auto is_name_letter = [](unsigned char letter) {
    return std::isalnum(letter) != 0 || letter == '_';
  };
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0])) != 0 ||
      !std::all_of(name.begin(), name.end(), is_name_letter))
    return std::nullopt;
  return setting{name, without_quotes(trim(line.substr(equals + 1)))};
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

  result<done> read_line(std::string_view line) {
    ++line_number_;
    line = trim(line);
    if (line.empty() || line.starts_with('#'))
      return done{};
    if (const auto set = read_setting(line)) {
      environment_[std::string{set->name}] = set->value;
      return done{};
    }
    return read_entry(line);
  }

  std::vector<crontab_entry> take_entries() { return std::move(entries_); }

private:
  failure invalid_line(const std::string& problem) const {
    return {errc::invalid_argument,
            "crontab: line " + std::to_string(line_number_) + ": " + problem};
  }

  result<done> read_entry(std::string_view line) {
    crontab_entry entry;
    entry.line_number = line_number_;
    entry.environment = environment_;
    entry.when.line = take_time(line);
    if (entry.when.line == "@reboot")
      return invalid_line("'@reboot' names no time, expected five fields or a name like '@daily'");
    if (const auto zone = environment_.find("CRON_TZ"); zone != environment_.end())
      entry.when.zone = zone->second;
    if (const auto rule = cron_rule::parse(entry.when); !rule)
      return invalid_line(rule.error().what);
    if (has_user_column_)
      entry.user = take_word(line);
    split_command(line, entry);
    if (entry.command.empty())
      return invalid_line(has_user_column_ ? "expected a user and a command after the time"
                                           : "expected a command after the time");
    entries_.push_back(std::move(entry));
    return done{};
  }

  static std::string take_time(std::string_view& line) {
    std::string time{take_word(line)};
    const auto remaining_fields = time.starts_with('@') ? 0 : 4;
    for (int count = 0; count < remaining_fields && !line.empty(); ++count)
      time.append(" ").append(take_word(line));
    return time;
  }

  bool has_user_column_;
  std::size_t line_number_ = 0;
  std::map<std::string, std::string> environment_;
  std::vector<crontab_entry> entries_;
};

} // namespace

result<std::vector<crontab_entry>> parse_crontab(std::string_view text, bool has_user_column) {
  crontab_reader reader{has_user_column};
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    if (const auto read = reader.read_line(text.substr(0, end)); !read)
      return read.error();
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return reader.take_entries();
}

} // namespace belfry
