#include "time/cron_field.hpp"

#include "text/delimited.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <limits>
#include <optional>

namespace belfry {

namespace {

struct field_kind {
  const char* name;
  std::uint32_t min;
  std::uint32_t max;
  std::uint32_t period;                     ///< how many numbers there are that differ in meaning
  std::array<std::string_view, 12> names{}; ///< of `min`, `min` + 1, …
};

constexpr std::array field_kinds{
    field_kind{"second", 0, 59, 60},
    field_kind{"minute", 0, 59, 60},
    field_kind{"hour", 0, 23, 24},
    field_kind{"day of month", 1, 31, 31},
    field_kind{
        "month",
        1,
        12,
        12,
        {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
    field_kind{"day of week", 0, 7, 7, {"sun", "mon", "tue", "wed", "thu", "fri", "sat"}}};

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

char lower(char letter) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
}

std::vector<std::string> split_at_blanks(std::string_view line) {
  std::vector<std::string> words;
  bool is_in_word = false;
  for (const char letter : line) {
    const bool is_blank = std::isspace(static_cast<unsigned char>(letter)) != 0;
    if (!is_blank && !is_in_word)
      words.emplace_back();
    if (!is_blank)
      words.back() += letter;
    is_in_word = !is_blank;
  }
  return words;
}

std::optional<std::uint32_t> whole_number(std::string_view text) {
  std::uint32_t number = 0;
  const auto* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc{} || read.ptr != end)
    return std::nullopt;
  return number;
}

/// A number below `count` that `seed` selects: the finalizer of SplitMix64 (Steele, Lea and Flood).
/// It must never change: it decides when a recorded schedule is due.
std::uint32_t selected_below(std::uint32_t count, std::uint64_t seed) {
  seed += 0x9E37'79B9'7F4A'7C15ULL;
  seed = (seed ^ (seed >> 30)) * 0xBF58'476D'1CE4'E5B9ULL;
  seed = (seed ^ (seed >> 27)) * 0x94D0'49BB'1331'11EBULL;
  return static_cast<std::uint32_t>((seed ^ (seed >> 31)) % count);
}

/// Reads one field of a line, one part of its list after the other.
class field_reader {
public:
  field_reader(cron_field field, std::size_t position, std::string_view text, std::uint64_t seed)
      : field_(field), kind_(field_kinds[static_cast<std::size_t>(field)]), position_(position),
        text_(text), seed_(seed + 64 * static_cast<std::uint64_t>(field)) {}

  result<cron_field_value> read() {
    for (const auto part : split(text_, ',')) {
      if (auto read = read_part(part); !read)
        return read.error();
      ++seed_; // The next part selects another number.
    }
    return value_;
  }

private:
  /// Numbers from `first` to `last`, which may be lower if the range wraps.
  struct range {
    std::uint32_t first;
    std::uint32_t last;
  };

  result<done> read_part(std::string_view part) {
    if (field_ == cron_field::day && part.find_first_of("lLwW") != std::string_view::npos)
      return read_day_place(part);
    if (field_ == cron_field::weekday && is_weekday_place(part))
      return read_weekday_place(part);
    const auto halves = split(part, '/');
    if (halves.size() > 2)
      return invalid("has two steps");
    const auto step = halves.size() == 2 ? whole_number(halves[1]) : std::optional{1U};
    if (!step || *step == 0)
      return invalid("has the step '" + std::string{halves[1]} + "', expected a number from 1 to " +
                     std::to_string(std::numeric_limits<std::uint32_t>::max()));
    const bool has_step = halves.size() == 2;
    if (halves[0].find('~') != std::string_view::npos)
      return add_selected(halves[0], *step, has_step);
    const auto numbers = read_range(halves[0], has_step);
    if (!numbers)
      return numbers.error();
    add(*numbers, *step);
    return done{};
  }

  result<range> read_range(std::string_view text, bool has_step) const {
    if (text == "*" || text == "?")
      return range{kind_.min, kind_.max};
    const auto ends = split(text, '-');
    const auto first = value_of(ends[0]);
    const auto last = ends.size() == 2 ? value_of(ends[1]) : first;
    if (ends.size() > 2 || !first || !last)
      return not_a_number();
    if (ends.size() == 1)
      return range{*first, has_step ? kind_.max : *last};
    const bool has_name = !whole_number(ends[0]) || !whole_number(ends[1]);
    if (*first > *last && !has_name)
      return wrong_way_round(*first, *last);
    return range{*first, *last};
  }

  void add(range numbers, std::uint32_t step) {
    const auto span = numbers.first <= numbers.last
                          ? numbers.last - numbers.first
                          : (numbers.last + kind_.period - numbers.first) % kind_.period;
    for (std::uint32_t distance = 0; distance <= span; distance += std::min(step, 100U)) {
      const auto number = numbers.first + distance;
      value_.bits |= 1ULL << (number > kind_.max ? number - kind_.period : number);
    }
  }

  result<done> add_selected(std::string_view text, std::uint32_t step, bool has_step) {
    const auto ends = split(text, '~');
    const auto highest = kind_.min + kind_.period - 1; // Not a second Sunday.
    const auto first = ends[0].empty() ? std::optional{kind_.min} : value_of(ends[0]);
    const auto last = ends.back().empty() ? std::optional{highest} : value_of(ends.back());
    if (ends.size() > 2 || !first || !last)
      return not_a_number();
    if (*first > *last)
      return invalid("is '" + std::string{text_} + "', expected the lower number before the ~");
    const auto count = *last - *first + 1;
    const auto begin = *first + selected_below(has_step ? std::min(step, count) : count, seed_);
    add({begin, has_step ? *last : begin}, step);
    return done{};
  }

  /// `L`, `L-3`, `LW` and `15W`.
  result<done> read_day_place(std::string_view part) {
    if (is_same_cron_word(part, "l")) {
      value_.days.before_last |= 1;
      return done{};
    }
    if (is_same_cron_word(part, "lw")) {
      value_.days.workdays |= 1;
      return done{};
    }
    const bool is_before_last = part.size() > 2 && lower(part[0]) == 'l' && part[1] == '-';
    const auto number =
        whole_number(is_before_last ? part.substr(2) : part.substr(0, part.size() - 1));
    const auto highest = is_before_last ? 30U : 31U;
    if (!number || *number == 0 || *number > highest ||
        (!is_before_last && lower(part.back()) != 'w'))
      return invalid("is '" + std::string{text_} +
                     "', expected L (the last day), L-1 to L-30, 1W to 31W (the working day next "
                     "to that date), LW, or numbers from 1 to 31");
    (is_before_last ? value_.days.before_last : value_.days.workdays) |= 1U << *number;
    return done{};
  }

  static bool is_weekday_place(std::string_view part) {
    return part.find('#') != std::string_view::npos || (!part.empty() && lower(part.back()) == 'l');
  }

  /// `fri#2` and `friL`.
  result<done> read_weekday_place(std::string_view part) {
    const auto hash = part.find('#');
    const bool is_last = hash == std::string_view::npos;
    const auto weekday = value_of(is_last ? part.substr(0, part.size() - 1) : part.substr(0, hash));
    const auto number = is_last ? std::optional{0U} : whole_number(part.substr(hash + 1));
    if (!weekday || !number || *number > 5 || (!is_last && *number == 0))
      return invalid("is '" + std::string{text_} +
                     "', expected a day with its number in the month, as in fri#1 to fri#5, or the "
                     "last one, as in friL");
    value_.days.nth_weekdays |= 1ULL << (8 * (*weekday % kind_.period) + *number);
    return done{};
  }

  std::optional<std::uint32_t> value_of(std::string_view text) const {
    for (std::size_t i = 0; i < kind_.names.size(); ++i)
      if (!kind_.names[i].empty() && is_same_cron_word(kind_.names[i], text))
        return kind_.min + static_cast<std::uint32_t>(i);
    const auto number = whole_number(text);
    if (!number || *number < kind_.min || *number > kind_.max)
      return std::nullopt;
    return number;
  }

  failure not_a_number() const {
    const auto names = kind_.names[0].empty() ? std::string{}
                                              : " or names like " + std::string{kind_.names[0]} +
                                                    " and " + std::string{kind_.names[1]} + ",";
    return invalid("is '" + std::string{text_} + "', expected numbers" + names + " from " +
                   std::to_string(kind_.min) + " to " + std::to_string(kind_.max));
  }

  failure wrong_way_round(std::uint32_t first, std::uint32_t last) const {
    return invalid("is '" + std::string{text_} +
                   "', a range goes from the lower to the higher; for one that goes on from the "
                   "beginning write " +
                   std::to_string(first) + "-" + std::to_string(kind_.min + kind_.period - 1) +
                   "," + std::to_string(kind_.min) + "-" + std::to_string(last));
  }

  failure invalid(const std::string& problem) const {
    return {errc::invalid_argument,
            "cron: field " + std::to_string(position_) + " (" + kind_.name + ") " + problem};
  }

  cron_field field_;
  const field_kind& kind_;
  std::size_t position_;
  std::string_view text_;
  std::uint64_t seed_;
  cron_field_value value_;
};

} // namespace

bool is_same_cron_word(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

std::vector<std::string> cron_words(std::string_view line) {
  auto words = split_at_blanks(line);
  if (words.size() == 1)
    for (const auto& shorthand : shorthands)
      if (is_same_cron_word(shorthand.name, words[0]))
        return split_at_blanks(shorthand.line);
  return words;
}

result<cron_field_value> read_cron_field(cron_field field, std::size_t position,
                                         std::string_view text, std::uint64_t seed) {
  return field_reader{field, position, text, seed}.read();
}

} // namespace belfry
