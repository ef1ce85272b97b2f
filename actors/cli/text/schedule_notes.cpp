#include "cli/text/schedule_notes.hpp"

#include "cli/text/notice.hpp"

#include "task/validate.hpp"
#include "text/delimited.hpp"
#include "time/cron.hpp"
#include "time/time_text.hpp"

#include <string>

namespace belfry::shell {

namespace {

constexpr std::size_t date_letters = 10; // 2026-12-01
constexpr std::size_t time_letters = 19; // 2026-12-01 03:00:00
constexpr std::size_t year_letters = 5;  // 2026-

std::size_t shared_letters(const std::string& text, const std::string& before) {
  if (before.empty() || text.compare(0, year_letters, before, 0, year_letters) != 0)
    return 0;
  const bool is_same_day = text.compare(0, date_letters, before, 0, date_letters) == 0;
  return is_same_day ? date_letters + 1 : year_letters;
}

} // namespace

std::vector<instant> next_times(const schedule_spec& spec, instant now, std::size_t count) {
  std::vector<instant> times;
  const auto rule = rule_of(spec);
  if (!rule)
    return times;
  for (auto next = rule->next_after(now); next && times.size() < count;
       next = rule->next_after(*next))
    times.push_back(*next);
  return times;
}

std::string next_times_text(const std::vector<instant>& times, const std::string& zone) {
  std::vector<std::string> shown;
  std::string before;
  for (const auto at : times) {
    const auto text = format_instant(at, zone).value_or(format_utc(at)).substr(0, time_letters);
    shown.push_back(text.substr(shared_letters(text, before)));
    before = text;
  }
  return join(shown, ", ");
}

std::string due_text(const cron_spec& when, const std::vector<instant>& times,
                     const std::string& zone) {
  return is_boot_line(when.line) ? "at boot" : next_times_text(times, zone);
}

void print_note(const program& belfry, std::optional<std::size_t> line, std::string_view text) {
  json document{{"notice", "schedule"}};
  if (line)
    document["line"] = *line;
  document["text"] = text;
  print_notice(belfry, document,
               (line ? "line " + std::to_string(*line) + ": " : "") + "note: " + std::string{text});
}

} // namespace belfry::shell
