#include "cli/flags.hpp"

#include "time/time_text.hpp"

#include <CLI/Error.hpp>
#include <CLI/Option.hpp>

#include <algorithm>
#include <charconv>

namespace belfry::shell {

namespace {

constexpr auto empty_complaint = "is empty; leave it out, or give it a value";

/// Before a word in brackets: it does not begin with one then.
constexpr char bracket_mark = '\x01';

/// Also a word that looks as if it was marked, so that each has a mark to lose.
bool needs_mark(const std::string& word) {
  const auto bracket = word.find_first_not_of(bracket_mark);
  return bracket != std::string::npos && word[bracket] == '[';
}

template <class Value>
Value checked(const std::string& name, const result<Value>& read) {
  if (!read)
    throw CLI::ValidationError(name, read.error().what);
  return *read;
}

} // namespace

void require(bool is_met, const std::string& name, const std::string& complaint) {
  if (!is_met)
    throw CLI::ValidationError(name, complaint);
}

void refuse_empty_values(CLI::App& app) {
  for (auto* option : app.get_options())
    if (option->get_items_expected_max() > 0 && option->get_name() != "PAYLOAD")
      option->check(
          [](const std::string& text) { return std::string{text.empty() ? empty_complaint : ""}; });
  for (auto* command : app.get_subcommands([](CLI::App*) { return true; }))
    refuse_empty_values(*command);
}

std::vector<std::string> words_for_parser(std::vector<std::string> words) {
  for (auto& word : words)
    if (needs_mark(word))
      word.insert(word.begin(), bracket_mark);
  std::reverse(words.begin(), words.end());
  return words;
}

void keep_brackets(CLI::App& app) {
  for (auto* option : app.get_options())
    if (option->get_items_expected_max() > 0)
      option->transform([](std::string text) {
        if (text.starts_with(bracket_mark) && needs_mark(text))
          text.erase(0, 1);
        return text;
      });
  for (auto* command : app.get_subcommands([](CLI::App*) { return true; }))
    keep_brackets(*command);
}

std::string without_marks(std::string text) {
  std::erase(text, bracket_mark);
  return text;
}

void check_words(const std::vector<std::string>& words) {
  for (const auto& word : words) {
    if (word == "--")
      return;
    require(!word.starts_with("--") || word.find('=') + 1 != word.size(),
            word.substr(0, word.find('=')), empty_complaint);
  }
}

result<std::int64_t> parse_number(const std::string& text, std::int64_t min, std::int64_t max) {
  std::int64_t number = 0;
  const auto* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc{} || read.ptr != end || number < min || number > max)
    return failure{errc::invalid_argument, "is '" + text + "', expected a whole number from " +
                                               std::to_string(min) + " to " + std::to_string(max)};
  return number;
}

namespace {

template <class Duration>
CLI::Option* add_duration_to(CLI::App& command, const std::string& name, Duration& to,
                             const std::string& help) {
  return command
      .add_option_function<std::string>(
          name, [name, &to](const std::string& text) { to = checked(name, parse_duration(text)); },
          help)
      ->type_name("DURATION");
}

} // namespace

CLI::Option* add_duration(CLI::App& command, const std::string& name, duration& to,
                          const std::string& help) {
  return add_duration_to(command, name, to, help);
}

CLI::Option* add_duration(CLI::App& command, const std::string& name, std::optional<duration>& to,
                          const std::string& help) {
  return add_duration_to(command, name, to, help);
}

CLI::Option* add_instant(CLI::App& command, const std::string& name, std::optional<instant>& to,
                         const std::string& zone, const std::string& help) {
  return command
      .add_option_function<std::string>(
          name,
          [name, &to, &zone](const std::string& text) {
            to = checked(name, parse_instant(text, zone));
          },
          help)
      ->type_name("TIME");
}

CLI::Option* add_states(CLI::App& command, std::vector<task_state>& to) {
  return command
      .add_option_function<std::vector<std::string>>(
          "--state",
          [&to](const std::vector<std::string>& names) {
            for (const auto& name : names) {
              const auto state = parse_task_state(name);
              require(state.has_value(), "--state",
                      "there is no state '" + name +
                          "'; expected scheduled, ready, reserved, running, succeeded, dead, "
                          "cancelled or expired");
              to.push_back(*state);
            }
          },
          "Only tasks in these states (several: with commas)")
      ->delimiter(',')
      ->type_name("STATE");
}

CLI::Option* add_task_ids(CLI::App& command, std::vector<task_id>& to, const std::string& help) {
  return command
      .add_option_function<std::vector<std::string>>(
          "ID",
          [&to](const std::vector<std::string>& texts) {
            for (const auto& text : texts) {
              to.push_back(parse_task_id(text));
              require(to.back().value != 0, "ID",
                      "'" + text +
                          "' is not a task id; expected shard and number, as in 3-8053046902785");
            }
          },
          help)
      ->type_name("");
}

void add_filter(CLI::App& command, task_filter& to, const std::string& zone) {
  command.add_option("--queue", to.queue, "Only tasks of this queue")->type_name("NAME");
  command.add_option("--kind", to.kind, "Only tasks of this kind")->type_name("NAME");
  command.add_option("--schedule", to.schedule, "Only tasks that this schedule has submitted")
      ->type_name("NAME");
  add_instant(command, "--due-from", to.due_from, zone, "Only tasks due at or after this");
  add_instant(command, "--due-to", to.due_to, zone, "Only tasks due before this");
}

} // namespace belfry::shell
