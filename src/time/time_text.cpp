#include "time/time_text.hpp"

#include <date/date.h>
#include <date/tz.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <utility>

namespace belfry {

namespace {

constexpr auto span_max = duration{std::chrono::hours{24 * 365'250}};

struct unit {
  std::string_view name;
  std::int64_t ms;
};

/// Greatest unit first; of two names for a unit, the one used for output first.
constexpr std::array units{unit{"w", 604'800'000}, unit{"d", 86'400'000}, unit{"h", 3'600'000},
                           unit{"min", 60'000},    unit{"m", 60'000},     unit{"s", 1'000},
                           unit{"ms", 1}};

/// The units of output that are longer than a millisecond, greatest first.
constexpr std::array written{unit{"d", 86'400'000}, unit{"h", 3'600'000}, unit{"min", 60'000},
                             unit{"s", 1'000}};

failure not_a_duration(std::string_view text, const std::string& reason) {
  return {errc::invalid_argument, "'" + std::string{text} + "' is not a length of time: " + reason +
                                      "; expected one like 30s, 10min, 2h, 3d or 1h30min"};
}

std::string_view leading(std::string_view text, bool (*is_included)(char)) {
  std::size_t size = 0;
  while (size < text.size() && is_included(text[size]))
    ++size;
  return text.substr(0, size);
}

bool is_digit(char letter) {
  return letter >= '0' && letter <= '9';
}
bool is_number_part(char letter) {
  return is_digit(letter) || letter == '.';
}
bool is_letter(char letter) {
  return letter >= 'a' && letter <= 'z';
}

/// A number that may have a fraction; rejects other forms that from_chars accepts, such as `1e9` or
/// `inf`.
std::optional<double> read_number(std::string_view text) {
  double number = 0;
  const auto* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  if (text.empty() || read.ec != std::errc{} || read.ptr != end || !is_digit(text.front()))
    return std::nullopt;
  return number;
}

const unit* find_unit(std::string_view name) {
  for (const auto& unit : units)
    if (unit.name == name)
      return &unit;
  return nullptr;
}

} // namespace

result<duration> parse_duration(std::string_view text) {
  if (text == "0")
    return duration{0};
  if (text.empty())
    return not_a_duration(text, "it is empty");
  double total_ms = 0;
  std::int64_t last_ms = units.front().ms + 1;
  for (auto rest = text; !rest.empty();) {
    const auto number_text = leading(rest, is_number_part);
    const auto number = read_number(number_text);
    if (!number)
      return not_a_duration(text, "a number is missing at '" + std::string{rest} + "'");
    rest.remove_prefix(number_text.size());
    const auto name = leading(rest, is_letter);
    const auto* found = find_unit(name);
    if (!found)
      return not_a_duration(text, name.empty()
                                      ? "a unit is missing after '" + std::string{number_text} + "'"
                                      : "there is no unit '" + std::string{name} + "'");
    if (found->ms >= last_ms)
      return not_a_duration(text, "'" + std::string{name} + "' comes after a smaller unit");
    last_ms = found->ms;
    total_ms += *number * static_cast<double>(found->ms);
    rest.remove_prefix(name.size());
  }
  if (total_ms > static_cast<double>(span_max.count()))
    return not_a_duration(text, "it is longer than a thousand years");
  const auto whole_ms = std::llround(total_ms);
  if (whole_ms == 0 && total_ms > 0) // Often 0 means: no limit.
    return not_a_duration(text, "it is shorter than a millisecond");
  return duration{whole_ms};
}

std::string format_duration(duration span) {
  if (span.count() < 0) // The minimum has no positive counterpart.
    return "-" + format_duration(-std::max(span, -duration::max()));
  const auto ms = span.count();
  if (ms < 1'000)
    return std::to_string(ms) + "ms";
  if (ms < 60'000) {
    const auto tenths = ms % 1'000 / 100;
    return std::to_string(ms / 1'000) + (tenths ? "." + std::to_string(tenths) : "") + "s";
  }
  for (std::size_t i = 0; i + 1 < written.size(); ++i) {
    if (ms < written[i].ms)
      continue;
    const auto remainder = ms % written[i].ms / written[i + 1].ms;
    auto text = std::to_string(ms / written[i].ms) + std::string{written[i].name};
    return remainder ? text + " " + std::to_string(remainder) + std::string{written[i + 1].name}
                     : text;
  }
  return {};
}

std::string format_exact_duration(duration span) {
  const auto ms = span.count();
  for (const auto& unit : written)
    if (ms != 0 && ms % unit.ms == 0)
      return std::to_string(ms / unit.ms) + std::string{unit.name};
  return std::to_string(ms) + "ms";
}

namespace {

failure not_an_instant(std::string_view text, const std::string& reason) {
  return {errc::invalid_argument, "'" + std::string{text} + "' is not a point in time: " + reason +
                                      "; expected one like 2026-11-24T12:00:00Z or "
                                      "'2026-11-24 12:00'"};
}

/// Consumes a text from its front, field by field.
class text_reader {
public:
  explicit text_reader(std::string_view text) : rest_(text) {}

  bool take(char letter) {
    if (rest_.empty() || rest_.front() != letter)
      return false;
    rest_.remove_prefix(1);
    return true;
  }

  /// A number of exactly `digits` digits.
  std::optional<int> number(std::size_t digits) {
    const auto text = leading(rest_.substr(0, digits), is_digit);
    if (text.size() != digits)
      return std::nullopt;
    int value = 0;
    std::from_chars(text.data(), text.data() + digits, value);
    rest_.remove_prefix(digits);
    return value;
  }

  /// The digits after a decimal point, as milliseconds; finer ones are cut off.
  std::optional<int> fraction() {
    const auto text = leading(rest_, is_digit);
    if (text.empty() || text.size() > 9)
      return std::nullopt;
    int value = 0;
    for (std::size_t i = 0; i < 3; ++i)
      value = value * 10 + (i < text.size() ? text[i] - '0' : 0);
    rest_.remove_prefix(text.size());
    return value;
  }

  [[nodiscard]] bool is_end() const { return rest_.empty(); }
  [[nodiscard]] std::string rest() const { return std::string{rest_}; }

private:
  std::string_view rest_;
};

using local_instant = date::local_time<duration>;

std::optional<date::year_month_day> read_day(text_reader& reader) {
  const auto year = reader.number(4);
  if (!year || !reader.take('-'))
    return std::nullopt;
  const auto month = reader.number(2);
  if (!month || !reader.take('-'))
    return std::nullopt;
  const auto day = reader.number(2);
  if (!day)
    return std::nullopt;
  return date::year{*year} / date::month{static_cast<unsigned>(*month)} /
         date::day{static_cast<unsigned>(*day)};
}

/// The time of day; the failure says what is wrong.
result<duration> read_clock(text_reader& reader) {
  const auto bad = [](const std::string& reason) {
    return failure{errc::invalid_argument, reason};
  };
  const auto hour = reader.number(2);
  if (!hour || !reader.take(':'))
    return bad("its time lacks an hour of two digits and a colon");
  const auto minute = reader.number(2);
  if (!minute)
    return bad("its time lacks a minute of two digits");
  int second = 0;
  int fraction_ms = 0;
  if (reader.take(':')) {
    const auto read = reader.number(2);
    if (!read)
      return bad("its time lacks a second of two digits");
    second = *read;
    if (reader.take('.')) {
      const auto ms = reader.fraction();
      if (!ms)
        return bad("digits are missing after the decimal point, or there are more than nine");
      fraction_ms = *ms;
    }
  }
  if (*hour > 23 || *minute > 59 || second > 59)
    return bad("hours go to 23, minutes and seconds to 59");
  return duration{((*hour * 60LL + *minute) * 60 + second) * 1'000 + fraction_ms};
}

/// `Z`, `+01:00`, `+0100` or `+01`; nothing if no such offset follows.
std::optional<std::chrono::minutes> read_offset(text_reader& reader) {
  if (reader.take('Z'))
    return std::chrono::minutes{0};
  const bool is_west = reader.take('-');
  if (!is_west && !reader.take('+'))
    return std::nullopt;
  const auto hour = reader.number(2);
  const bool has_minutes = reader.take(':') || !reader.is_end();
  const auto minute = has_minutes ? reader.number(2) : 0;
  if (!hour || !minute || *hour > 23 || *minute > 59)
    return std::nullopt;
  const std::chrono::minutes offset{*hour * 60 + *minute};
  return is_west ? -offset : offset;
}

const date::time_zone* find_zone(const std::string& zone) {
  try {
    return date::locate_zone(zone);
  } catch (const std::exception&) {
    return nullptr; // The only way in which the library reports an unknown zone.
  }
}

failure no_zone(const std::string& zone) {
  return {errc::invalid_argument,
          "there is no time zone '" + zone + "'; expected a name like Europe/Berlin or UTC"};
}

result<instant> from_local(std::string_view text, local_instant local, const std::string& zone) {
  const auto* found = find_zone(zone);
  if (!found)
    return no_zone(zone);
  const auto info = found->get_info(local);
  if (info.result == date::local_info::nonexistent)
    return not_an_instant(text, "the clocks of " + zone + " skip it");
  if (info.result == date::local_info::ambiguous)
    return not_an_instant(text, "it occurs twice in " + zone + ", only an offset tells which");
  return instant{(local.time_since_epoch() - info.first.offset)};
}

} // namespace

result<instant> parse_instant(std::string_view text, const std::string& zone) {
  text_reader reader{text};
  const auto day = read_day(reader);
  if (!day)
    return not_an_instant(text, "it does not begin with a date as in 2026-11-24");
  if (!day->ok())
    return not_an_instant(text, "there is no such day");
  auto local = local_instant{date::local_days{*day}};
  if (reader.take('T') || reader.take(' ')) {
    const auto clock = read_clock(reader);
    if (!clock)
      return not_an_instant(text, clock.error().what);
    local += *clock;
    reader.take(' ');
  }
  const bool has_offset = !reader.is_end();
  const auto end = reader.rest();
  const auto offset = read_offset(reader);
  if (has_offset && !offset && (end.front() == '+' || end.front() == '-'))
    return not_an_instant(text, "the offset '" + end + "' is not one from -23:59 to +23:59");
  if (!reader.is_end())
    return not_an_instant(text, "'" + reader.rest() + "' is not expected there");
  if (offset)
    return instant{local.time_since_epoch() - *offset};
  return from_local(text, local, zone);
}

namespace {

std::string clock_text(local_instant local, char separator, bool is_exact) {
  const auto day = date::floor<date::days>(local);
  const date::year_month_day date{day};
  const date::hh_mm_ss<duration> clock{local - day};
  std::array<char, 64> text{};
  int size = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02u%c%02d:%02d:%02d", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), separator,
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()));
  std::string whole{text.data(), static_cast<std::size_t>(size)};
  const auto ms = static_cast<int>(clock.subseconds().count());
  if (ms == 0 && !is_exact)
    return whole;
  size = std::snprintf(text.data(), text.size(), ".%03d", ms);
  return whole.append(text.data(), static_cast<std::size_t>(size));
}

std::string offset_text(std::chrono::seconds offset) {
  const auto minutes = std::abs(std::chrono::duration_cast<std::chrono::minutes>(offset).count());
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%c%02d:%02d", offset.count() < 0 ? '-' : '+',
                static_cast<int>(minutes / 60), static_cast<int>(minutes % 60));
  return text.data();
}

} // namespace

result<std::string> format_instant(instant at, const std::string& zone) {
  const auto* found = find_zone(zone);
  if (!found)
    return no_zone(zone);
  const auto offset = found->get_info(date::floor<std::chrono::seconds>(at)).offset;
  return clock_text(local_instant{at.time_since_epoch() + offset}, ' ', false) + " " +
         offset_text(offset);
}

std::string format_utc(instant at) {
  return clock_text(local_instant{at.time_since_epoch()}, 'T', true) + "Z";
}

bool is_time_zone(const std::string& zone) {
  return find_zone(zone) != nullptr;
}

} // namespace belfry
