#include "time/cron.hpp"

#include "time/cron_field.hpp"
#include "time/time_text.hpp"

#include <date/tz.h>

#include <array>
#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace belfry {

namespace {

constexpr duration interval_min = std::chrono::seconds{1};
constexpr duration interval_max = std::chrono::hours{24 * 366};

failure refused_line(const std::string& line, const std::string& problem) {
  return {errc::invalid_argument, "cron: '" + line + "' " + problem};
}

/// The interval of `@every 90s`, or of `90s`; nothing if the words are a line of another form.
std::optional<std::string> interval_text(const std::vector<std::string>& words) {
  if (words.size() == 2 &&
      (is_same_cron_word(words[0], "@every") || is_same_cron_word(words[0], "every")))
    return words[1];
  if (words.size() == 1 && parse_duration(words[0]))
    return words[0];
  return std::nullopt;
}

result<std::chrono::seconds> read_interval(const std::string& line, const std::string& text) {
  const auto interval = parse_duration(text);
  if (!interval)
    return refused_line(line, "names no interval: " + interval.error().what);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*interval);
  if (*interval < interval_min || *interval > interval_max || seconds != *interval)
    return refused_line(line,
                        "has the interval '" + text + "', expected whole seconds, from 1s to 366d");
  return seconds;
}

failure wrong_word_count(const std::string& line, const std::vector<std::string>& words) {
  return refused_line(line, "has " + std::to_string(words.size()) +
                                (words.size() == 1 ? " field" : " fields") +
                                ", expected 5, 6, a word like @daily or an interval like "
                                "'@every 90s'");
}

} // namespace

/// Creates a rule from the words of a line.
class cron_parser {
public:
  static result<cron_rule> parse(const cron_spec& spec, std::uint64_t seed) {
    cron_rule rule;
    rule.gap_ = spec.gap;
    rule.repeated_hour_ = spec.repeated_hour;
    rule.is_at_boot_ = is_boot_line(spec.line);
    if (rule.is_at_boot_)
      return rule;
    if (auto read = read_line(spec.line, seed, rule); !read)
      return read.error();
    if (auto found = find_zone(spec.zone, rule); !found)
      return found.error();
    return rule;
  }

private:
  static result<done> read_line(const std::string& line, std::uint64_t seed, cron_rule& rule) {
    const auto words = cron_words(line);
    if (const auto text = interval_text(words))
      return read_interval(line, *text).transform([&](auto interval) {
        rule.interval_ = interval;
      });
    if (!words.empty() && words[0].find('=') != std::string::npos)
      return refused_line(line, "begins with a setting, expected the time alone: the zone of a "
                                "schedule is a value of its own (--tz)");
    if (words.size() != 5 && words.size() != 6)
      return wrong_word_count(line, words);
    return read_fields(words, seed, rule);
  }

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

  static result<done> read_fields(const std::vector<std::string>& words, std::uint64_t seed,
                                  cron_rule& rule) {
    const auto shift = words.size() - 5;
    const std::array targets{&rule.seconds_, &rule.minutes_, &rule.hours_,
                             &rule.days_,    &rule.months_,  &rule.weekdays_};
    for (std::size_t i = 0; i < words.size(); ++i) {
      const auto field = i + 1 - shift;
      const auto value = read_cron_field(static_cast<cron_field>(field), i + 1, words[i], seed);
      if (!value)
        return value.error();
      *targets[field] = value->bits;
      rule.month_days_.before_last |= value->days.before_last;
      rule.month_days_.workdays |= value->days.workdays;
      rule.month_days_.nth_weekdays |= value->days.nth_weekdays;
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

bool is_boot_line(std::string_view line) {
  const auto words = cron_words(line);
  return words.size() == 1 && is_same_cron_word(words[0], "@reboot");
}

result<cron_rule> cron_rule::parse(const cron_spec& spec, std::uint64_t seed) {
  return cron_parser::parse(spec, seed);
}

} // namespace belfry
