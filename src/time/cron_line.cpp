#include "time/cron_line.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>
#include <span>
#include <string>

namespace belfry {
namespace {

constexpr std::array<std::string_view, 12> month_names = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                          "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::array<std::string_view, 7> weekday_names = {"SUN", "MON", "TUE", "WED",
                                                           "THU", "FRI", "SAT"};

struct field_kind {
  std::string_view name;
  std::string_view plural;
  unsigned min;
  unsigned max;
  unsigned wildcard_max; // `*` is min to this: Sunday would else count twice.
  std::span<const std::string_view> names = {};
};

const std::array<field_kind, 6> kinds = {
    {{"second", "seconds", 0, 59, 59},
     {"minute", "minutes", 0, 59, 59},
     {"hour", "hours", 0, 23, 23},
     {"day of month", "days of the month", 1, 31, 31},
     {"month", "months", 1, 12, 12, month_names},
     {"day of week", "days of the week", 0, 7, 6, weekday_names}}};
constexpr std::size_t hour_index = 2;
constexpr std::size_t day_index = 3;
constexpr std::size_t weekday_index = 5;

struct alias {
  std::string_view name;
  std::string_view line;
};

constexpr std::array<alias, 7> aliases = {{{"@yearly", "0 0 1 1 *"},
                                           {"@annually", "0 0 1 1 *"},
                                           {"@monthly", "0 0 1 * *"},
                                           {"@weekly", "0 0 * * 0"},
                                           {"@daily", "0 0 * * *"},
                                           {"@midnight", "0 0 * * *"},
                                           {"@hourly", "0 * * * *"}}};

std::string quoted(std::string_view text) {
  return "'" + std::string{text} + "'";
}

std::string upper_case(std::string_view text) {
  std::string upper{text};
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::toupper(letter)); });
  return upper;
}

bool is_wildcard(std::string_view field) {
  return field.starts_with('*') || field.starts_with('?');
}

/// One field while it is being read.
class field_reader {
public:
  field_reader(const field_kind& kind, std::size_t number, std::string_view text)
      : kind_(kind), number_(number), text_(text) {}

  result<std::uint64_t> read() const {
    std::uint64_t bits = 0;
    for (auto rest = text_;;) {
      const auto comma = rest.find(',');
      const auto part = read_part(rest.substr(0, comma));
      if (!part)
        return part.error();
      bits |= *part;
      if (comma == std::string_view::npos)
        return bits;
      rest.remove_prefix(comma + 1);
    }
  }

private:
  struct bounds {
    unsigned low;
    unsigned high;
  };

  failure fault(const std::string& expectation) const {
    return {errc::invalid_argument, "cron: field " + std::to_string(number_) + " (" +
                                        std::string{kind_.name} + ") is " + quoted(text_) + ", " +
                                        expectation};
  }

  failure out_of_range() const {
    return fault(std::string{kind_.plural} + " go from " + std::to_string(kind_.min) + " to " +
                 std::to_string(kind_.max));
  }

  failure malformed() const {
    const auto names =
        kind_.names.empty() ? std::string{} : ", names like " + quoted(kind_.names[0]);
    return fault("expected '*', numbers from " + std::to_string(kind_.min) + " to " +
                 std::to_string(kind_.max) + names + ", ranges 'a-b', lists 'a,b' or steps '*/n'");
  }

  result<std::uint64_t> read_part(std::string_view part) const {
    const auto slash = part.find('/');
    const bool has_step = slash != std::string_view::npos;
    const auto range = read_range(part.substr(0, slash), has_step);
    if (!range)
      return range.error();
    unsigned step = 1;
    if (has_step) {
      const auto given = read_number(part.substr(slash + 1));
      if (!given)
        return malformed();
      const auto step_max = kind_.wildcard_max - kind_.min + 1;
      if (*given < 1 || *given > step_max)
        return fault("steps go from 1 to " + std::to_string(step_max));
      step = *given;
    }
    return select(*range, step);
  }

  std::uint64_t select(bounds range, unsigned step) const {
    std::uint64_t bits = 0;
    for (auto value = range.low; value <= range.high; value += step)
      bits |= std::uint64_t{1} << (value > kind_.wildcard_max ? kind_.min : value);
    return bits;
  }

  result<bounds> read_range(std::string_view range, bool has_step) const {
    const bool is_day = kind_.name.starts_with("day");
    if (range == "*" || (is_day && range == "?"))
      return bounds{kind_.min, kind_.wildcard_max};
    const auto dash = range.find('-');
    const auto low = read_value(range.substr(0, dash));
    if (!low)
      return low.error();
    if (dash == std::string_view::npos)
      return bounds{*low, has_step ? std::max(*low, kind_.wildcard_max) : *low};
    const auto end = range.substr(dash + 1);
    auto high = read_value(end);
    if (!high)
      return high.error();
    if (kind_.max == 7 && *high == 0 && *low > 0)
      *high = 7; // FRI-SUN: the week may end on a Sunday.
    if (*low > *high)
      return fault("a range goes from low to high");
    return bounds{*low, *high};
  }

  result<unsigned> read_value(std::string_view text) const {
    const auto name = std::find(kind_.names.begin(), kind_.names.end(), upper_case(text));
    if (name != kind_.names.end())
      return kind_.min + static_cast<unsigned>(name - kind_.names.begin());
    const auto value = read_number(text);
    if (!value)
      return malformed();
    if (*value < kind_.min || *value > kind_.max)
      return out_of_range();
    return *value;
  }

  static std::optional<unsigned> read_number(std::string_view text) {
    unsigned value = 0;
    const auto* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (text.empty() || error != std::errc{} || stop != end)
      return std::nullopt;
    return value;
  }

  const field_kind& kind_;
  std::size_t number_; // As the user counts, from 1.
  std::string_view text_;
};

result<std::string_view> resolve_alias(std::string_view word) {
  std::string names;
  for (const auto& known : aliases) {
    if (known.name == word)
      return known.line;
    names += (names.empty() ? "" : ", ") + std::string{known.name};
  }
  return failure{errc::invalid_argument,
                 "cron: " + quoted(word) + " is unknown, expected one of " + names};
}

bool date_can_come(const cron_fields& fields) {
  constexpr std::array<unsigned, 12> lengths = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  for (unsigned month = 1; month <= 12; ++month) {
    const auto days_of_month = (std::uint64_t{2} << lengths[month - 1]) - 1;
    if ((fields.months >> month & 1) != 0 && (fields.days & days_of_month) != 0)
      return true;
  }
  return false;
}

} // namespace

std::vector<std::string_view> split_words(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  std::vector<std::string_view> words;
  for (auto begin = text.find_first_not_of(blanks); begin != std::string_view::npos;) {
    const auto end = text.find_first_of(blanks, begin);
    words.push_back(text.substr(begin, end == std::string_view::npos ? end : end - begin));
    begin = text.find_first_not_of(blanks, end);
  }
  return words;
}

result<cron_fields> parse_cron_line(std::string_view line) {
  auto words = split_words(line);
  if (words.size() == 1 && words[0].starts_with('@')) {
    const auto resolved = resolve_alias(words[0]);
    if (!resolved)
      return resolved.error();
    words = split_words(*resolved);
  }
  if (words.size() != 5 && words.size() != 6)
    return failure{errc::invalid_argument,
                   "cron: the line " + quoted(line) + " has " + std::to_string(words.size()) +
                       " fields, expected 5 (minute, hour, day of month, month, day of week) or 6 "
                       "(second first)"};
  cron_fields fields;
  const std::array<std::uint64_t*, 6> places = {&fields.seconds, &fields.minutes, &fields.hours,
                                                &fields.days,    &fields.months,  &fields.weekdays};
  const auto first = kinds.size() - words.size();
  for (std::size_t index = 0; index < words.size(); ++index) {
    const auto bits = field_reader{kinds[first + index], index + 1, words[index]}.read();
    if (!bits)
      return bits.error();
    *places[first + index] = *bits;
  }
  fields.every_hour =
      is_wildcard(words[hour_index - first]) || fields.hours == (std::uint64_t{1} << 24) - 1;
  fields.either_day =
      !is_wildcard(words[day_index - first]) && !is_wildcard(words[weekday_index - first]);
  if (!fields.either_day && !date_can_come(fields))
    return failure{errc::invalid_argument,
                   "cron: field " + std::to_string(day_index - first + 1) + " (day of month) is " +
                       quoted(words[day_index - first]) + ", a day that no month of field " +
                       std::to_string(day_index - first + 2) + " (month) " +
                       quoted(words[day_index - first + 1]) + " has"};
  return fields;
}

} // namespace belfry
