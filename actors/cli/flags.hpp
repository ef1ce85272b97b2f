#pragma once

#include "belfry/client.hpp"

#include <CLI/App.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace belfry::shell {

/// Ends the reading of the command line with a usage error unless `is_met`.
void require(bool is_met, const std::string& name, const std::string& complaint);

/// Makes each option of `app` and of its commands refuse an empty text, as of a variable that is
/// not set: it would count as an option that is not given. A payload may be empty, and so may the
/// words of a command.
void refuse_empty_values(CLI::App& app);

/// The words of the command line, last first, as the library takes them. A word in brackets would
/// be a list to it: `keep_brackets` makes the options of `app` and of its commands read it as it
/// is.
[[nodiscard]] std::vector<std::string> words_for_parser(std::vector<std::string> words);
void keep_brackets(CLI::App& app);
/// Such a word in a text of the library as it was written.
[[nodiscard]] std::string without_marks(std::string text);

/// Ends with a usage error if the command line has a word such as `--key=`, which the library would
/// give the next word as its value.
void check_words(const std::vector<std::string>& words);

/// Reads a whole number in decimal digits; the failure says what `text` is and what was expected.
result<std::int64_t> parse_number(const std::string& text, std::int64_t min, std::int64_t max);

/// Options whose text is checked while the command line is read: an invalid text is a usage error
/// that names the option, its text and what was expected.
CLI::Option* add_duration(CLI::App& command, const std::string& name, duration& to,
                          const std::string& help);
CLI::Option* add_duration(CLI::App& command, const std::string& name, std::optional<duration>& to,
                          const std::string& help);
/// As `add_duration`; a time without an offset is local to `zone` at the time of reading.
CLI::Option* add_instant(CLI::App& command, const std::string& name, std::optional<instant>& to,
                         const std::string& zone, const std::string& help);
CLI::Option* add_states(CLI::App& command, std::vector<task_state>& to);
CLI::Option* add_task_ids(CLI::App& command, std::vector<task_id>& to, const std::string& help);

/// An option that takes a number from `min` to `max`. `to` must outlive the command line.
template <class Value>
CLI::Option* add_number(CLI::App& command, const std::string& name, Value& to, std::int64_t min,
                        std::int64_t max, const std::string& help) {
  return command.add_option_function<std::string>(
      name,
      [name, &to, min, max](const std::string& text) {
        const auto number = parse_number(text, min, max);
        require(number.ok(), name, number ? "" : number.error().what);
        if constexpr (std::is_integral_v<Value>)
          to = static_cast<Value>(*number);
        else
          to = static_cast<typename Value::value_type>(*number);
      },
      help);
}

/// An option that takes one of these words. `to` must outlive the command line.
template <class Value>
CLI::Option* add_choice(CLI::App& command, const std::string& name, Value& to,
                        std::vector<std::pair<std::string, Value>> words, const std::string& help) {
  return command.add_option_function<std::string>(
      name,
      [name, &to, known = std::move(words)](const std::string& text) {
        std::string expected;
        for (const auto& [word, value] : known) {
          if (word == text) {
            to = value;
            return;
          }
          expected += (expected.empty() ? "" : ", ") + word;
        }
        require(false, name, "is '" + text + "', expected one of " + expected);
      },
      help);
}

/// `--queue`, `--kind`, `--schedule`, `--due-from` and `--due-to`.
void add_filter(CLI::App& command, task_filter& to, const std::string& zone);

} // namespace belfry::shell
