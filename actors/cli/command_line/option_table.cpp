#include "cli/command_line/option_table.hpp"

#include <set>

namespace belfry::shell {

namespace {

/// ` (text --in, --at)`, the names of these options; nothing if all of them are hidden.
std::string in_brackets(const std::string& text, const std::set<CLI::Option*>& options) {
  std::string names;
  for (const auto* option : options)
    if (const auto name = option->get_name(); !name.empty())
      names += (names.empty() ? text : ", ") + name;
  return names.empty() ? "" : " (" + names + ")";
}

std::string placeholder_of(const CLI::Option& option) {
  if (!option.get_option_text().empty())
    return option.get_option_text();
  return option.get_items_expected_max() == 0 ? "" : option.get_type_name();
}

} // namespace

option_entry entry_of(const CLI::Option& option) {
  const bool is_word = option.get_positional();
  const auto variable = option.get_envname();
  const bool is_told = option.get_description().find(variable) != std::string::npos;
  return {.name = option.get_name(is_word, false),
          .value = is_word ? "" : placeholder_of(option),
          .description = option.get_description() + (is_told ? "" : " (or " + variable + ")") +
                         in_brackets("needs ", option.get_needs()) +
                         in_brackets("not with ", option.get_excludes()),
          .group = option.get_group(),
          .is_word = is_word};
}

std::vector<option_entry> options_of(const CLI::App& command) {
  std::vector<option_entry> entries;
  for (const auto* option : command.get_options())
    if (!option->get_group().empty())
      entries.push_back(entry_of(*option));
  return entries;
}

std::vector<const CLI::App*> commands_of(const CLI::App& command) {
  return command.get_subcommands([](const CLI::App*) { return true; });
}

std::string path_of(const CLI::App& command) {
  if (!command.get_parent())
    return {};
  const auto parent = path_of(*command.get_parent());
  return parent.empty() ? command.get_name() : parent + " " + command.get_name();
}

std::vector<const CLI::App*> all_commands(const CLI::App& command) {
  std::vector<const CLI::App*> all{&command};
  for (const auto* below : commands_of(command))
    for (const auto* each : all_commands(*below))
      all.push_back(each);
  return all;
}

std::string own_footer(const CLI::App& command) {
  const auto* parent = command.get_parent(); // The library hands its text down.
  return parent && parent->get_footer() == command.get_footer() ? "" : command.get_footer();
}

void group_options(CLI::App& command, const std::string& heading,
                   const std::vector<std::string>& names) {
  for (const auto& name : names)
    command.get_option(name)->group(heading);
}

} // namespace belfry::shell
