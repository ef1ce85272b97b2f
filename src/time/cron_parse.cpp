#include "time/cron.hpp"

#include "text/delimited.hpp"

#include <date/tz.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <string_view>
#include <vector>

namespace belfry {

namespace {

struct field_kind {
  const char* name;
  std::uint32_t min;
  std::uint32_t max;
  std::array<std::string_view, 12> names; ///< of `min`, `min` + 1, …
};

constexpr field_kind second_field{"second", 0, 59, {}};
constexpr field_kind minute_field{"minute", 0, 59, {}};
constexpr field_kind hour_field{"hour", 0, 23, {}};
constexpr field_kind day_field{"day of month", 1, 31, {}};
constexpr field_kind month_field{
    "month",
    1,
    12,
    {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}};
constexpr field_kind weekday_field{
    "day of week", 0, 7, {"sun", "mon", "tue", "wed", "thu", "fri", "sat"}};

struct shorthand {
  std::string_view name;
  std::string_view line;
};
constexpr std::array shorthands{
    shorthand{"@yearly", "0 0 1 1 *"},  shorthand{"@annually", "0 0 1 1 *"},
    shorthand{"@monthly", "0 0 1 * *"}, shorthand{"@weekly", "0 0 * * 0"},
    shorthand{"@daily", "0 0 * * *"},   shorthand{"@midnight", "0 0 * * *"},
    shorthand{"@hourly", "0 * * * *"},
};

std::vector<std::string> split_words(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : line) {
    if (!std::isspace(static_cast<unsigned char>(c))) {
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else if (!word.empty()) {
      words.push_back(std::move(word));
      word.clear();
    }
  }
  if (!word.empty())
    words.push_back(std::move(word));
  return words;
}

std::optional<std::uint32_t> number_of(std::string_view text) {
  std::uint32_t number = 0;
  const auto* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc{} || read.ptr != end)
    return std::nullopt;
  return number;
}

/// Reads one field of a line into bits.
class field_reader {
public:
  field_reader(const field_kind& kind, std::size_t position, std::string_view text)
      : kind_(kind), position_(position), text_(text) {}

  result<std::uint64_t> read() {
    std::uint64_t bits = 0;
    for (const auto part : split(text_, ','))
      if (auto more = read_part(part); more)
        bits |= *more;
      else
        return more;
    return bits;
  }

private:
  result<std::uint64_t> read_part(std::string_view part) {
    const auto halves = split(part, '/');
    std::uint32_t step = 1;
    if (halves.size() > 2)
      return invalid("has two steps");
    if (halves.size() == 2) {
      const auto number = number_of(halves[1]);
      if (!number || *number == 0)
        return invalid("has the step '" + std::string{halves[1]} + "', expected 1 or more");
      step = *number;
    }
    auto first = kind_.min;
    auto last = kind_.max;
    if (halves[0] != "*" && halves[0] != "?") {
      const auto ends = split(halves[0], '-');
      const auto lowest = value_of(ends[0]);
      const auto highest = ends.size() == 2 ? value_of(ends[1]) : lowest;
      if (ends.size() > 2 || !lowest || !highest)
        return invalid("is '" + std::string{text_} + "', expected numbers from " +
                       std::to_string(kind_.min) + " to " + std::to_string(kind_.max));
      first = *lowest;
      last = halves.size() == 2 && ends.size() == 1 ? kind_.max : *highest;
    }
    if (first > last)
      return invalid("is '" + std::string{text_} + "', a range goes from the lower to the higher");
    std::uint64_t bits = 0;
    for (auto value = first; value <= last; value += std::min(step, 100U))
      bits |= 1ULL << value;
    return bits;
  }

  std::optional<std::uint32_t> value_of(std::string_view text) const {
    for (std::size_t i = 0; i < kind_.names.size(); ++i)
      if (!kind_.names[i].empty() && kind_.names[i] == text)
        return kind_.min + static_cast<std::uint32_t>(i);
    const auto number = number_of(text);
    if (!number || *number < kind_.min || *number > kind_.max)
      return std::nullopt;
    return number;
  }

  failure invalid(const std::string& problem) const {
    return {errc::invalid_argument,
            "cron: field " + std::to_string(position_) + " (" + kind_.name + ") " + problem};
  }

  const field_kind& kind_;
  std::size_t position_;
  std::string_view text_;
};

} // namespace

/// Creates a rule from the fields of a line.
class cron_parser {
public:
  static result<cron_rule> parse(const cron_spec& spec) {
    auto words = split_words(spec.line);
    if (words.size() == 1)
      for (const auto& shorthand : shorthands)
        if (shorthand.name == words[0]) {
          words = split_words(shorthand.line);
          break;
        }
    if (words.size() != 5 && words.size() != 6)
      return failure{errc::invalid_argument, "cron: '" + spec.line + "' has " +
                                                 std::to_string(words.size()) +
                                                 " fields, expected 5, 6 or a word like @daily"};
    cron_rule rule;
    rule.gap_ = spec.gap;
    rule.repeated_hour_ = spec.repeated_hour;
    if (auto read = read_fields(words, rule); !read)
      return read.error();
    if (auto found = find_zone(spec.zone, rule); !found)
      return found.error();
    return rule;
  }

private:
  static result<done> find_zone(const std::string& zone, cron_rule& rule) {
    try {
      rule.zone_ = date::locate_zone(zone);
    } catch (const std::exception&) {
      return failure{errc::invalid_argument,
                     "cron: zone '" + zone +
                         "' is not in the time-zone database, expected a name like Europe/Berlin"};
    }
    try {
      (void)rule.zone_->get_info(date::sys_seconds{}); // The library reads a zone's file late.
    } catch (const std::exception& error) {
      return failure{errc::invalid_argument,
                     "cron: zone '" + zone +
                         "' cannot be read from the time-zone database: " + error.what()};
    }
    return done{};
  }

  static result<done> read_fields(const std::vector<std::string>& words, cron_rule& rule) {
    const auto shift = words.size() - 5;
    struct target {
      const field_kind& kind;
      std::uint64_t& bits;
    };
    const std::array targets{
        target{second_field, rule.seconds_}, target{minute_field, rule.minutes_},
        target{hour_field, rule.hours_},     target{day_field, rule.days_},
        target{month_field, rule.months_},   target{weekday_field, rule.weekdays_}};
    for (std::size_t i = 0; i < words.size(); ++i) {
      const auto& target = targets[i + 1 - shift];
      auto bits = field_reader{target.kind, i + 1, words[i]}.read();
      if (!bits)
        return bits.error();
      target.bits = *bits;
    }
    if (rule.weekdays_ & (1ULL << 7))
      rule.weekdays_ = (rule.weekdays_ | 1) & 0x7f;
    const auto begins_with_star = [&](std::size_t field) {
      return words[field + shift][0] == '*' || words[field + shift][0] == '?';
    };
    rule.follows_elapsed_time_ = begins_with_star(1);
    rule.is_any_day_ = begins_with_star(2);
    rule.is_any_weekday_ = begins_with_star(4);
    return done{};
  }
};

result<cron_rule> cron_rule::parse(const cron_spec& spec) {
  return cron_parser::parse(spec);
}

} // namespace belfry
