#include "cli/command_line/usage_error.hpp"

#include "cli/command_line/suggestion.hpp"

#include <CLI/Error.hpp>
#include <CLI/Option.hpp>

#include <algorithm>
#include <vector>

namespace belfry::shell {

namespace {

bool is_option(const std::string& word) {
  return word.size() > 1 && word.front() == '-';
}

std::vector<std::string> names_of_commands(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  return names;
}

/// Those of the command, and those that all commands have.
std::vector<std::string> names_of_options(const CLI::App& command) {
  std::vector<std::string> names;
  for (const auto* app = &command; app; app = app->get_parent())
    for (const auto* option : app->get_options())
      for (const auto& name : option->get_lnames())
        names.push_back("--" + name);
  return names;
}

/// The words behind `belfry`; none for `app` itself.
std::string words_behind_program(const CLI::App& app) {
  const auto words = command_words(app);
  const auto space = words.find(' ');
  return space == std::string::npos ? "" : words.substr(space + 1);
}

std::string complain_about_command(const CLI::App& app, const std::string& word) {
  const auto parent = words_behind_program(app);
  return "there is no command '" + parent + (parent.empty() ? "" : " ") + word + "'" +
         did_you_mean(word, names_of_commands(chosen_command(app)));
}

std::string complain_about_missing_command(const CLI::App& app) {
  if (&chosen_command(app) == &app)
    return "a command is missing";
  std::string names;
  for (const auto& name : names_of_commands(chosen_command(app)))
    names += (names.empty() ? "" : " or ") + name;
  return "'" + command_words(app) + "' needs a command: " + names;
}

std::string complain_about_option(const CLI::App& command, const std::string& word) {
  const auto name = word.substr(0, word.find('='));
  auto text = "there is no option '" + name + "'" + did_you_mean(name, names_of_options(command));
  if (command.get_name() == "submit")
    text += "; the options of a command to run stand after --, as in: belfry submit exec -- ls -l";
  return text;
}

/// As it is typed. The library gives no name to an option that the help hides.
std::string typed_name(const CLI::Option& option) {
  return option.get_lnames().empty() ? option.get_name() : "--" + option.get_lnames().front();
}

std::string complain_about_exclusion(const CLI::App& command, const CLI::ExcludesError& error) {
  for (const auto* option : command.get_options())
    for (const auto* excluded : option->get_excludes())
      if (option->count() > 0 && excluded->count() > 0)
        return typed_name(*option) + " excludes " + typed_name(*excluded);
  return error.what();
}

} // namespace

const CLI::App& chosen_command(const CLI::App& app) {
  const auto* deepest = &app;
  while (!deepest->get_subcommands().empty())
    deepest = deepest->get_subcommands().front();
  return *deepest;
}

std::string command_words(const CLI::App& app) {
  std::string words = "belfry";
  const auto* deepest = &app;
  while (!deepest->get_subcommands().empty()) {
    deepest = deepest->get_subcommands().front();
    words += " " + deepest->get_name();
  }
  return words;
}

std::string usage_complaint(const CLI::App& app, const CLI::ParseError& error) {
  const auto strays = app.remaining(true);
  const auto& command = chosen_command(app);
  if (const auto* exclusion = dynamic_cast<const CLI::ExcludesError*>(&error))
    return complain_about_exclusion(command, *exclusion);
  const bool has_commands = !names_of_commands(command).empty();
  const bool is_required = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
  const bool has_strays = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
  if (strays.empty() || (!is_required && !has_strays))
    return is_required && has_commands ? complain_about_missing_command(app) : error.what();
  const auto option = std::find_if(strays.begin(), strays.end(), is_option);
  if (option != strays.end())
    return complain_about_option(command, *option);
  if (has_commands)
    return complain_about_command(app, strays.front());
  return "'" + strays.front() + "' is one word too many for '" + command_words(app) + "'";
}

} // namespace belfry::shell
