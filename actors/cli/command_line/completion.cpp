#include "cli/command_line/completion.hpp"

#include "cli/command_line/option_table.hpp"

#include <string_view>
#include <vector>

namespace belfry::shell {

namespace {

/// Names of commands and options, with spaces between them.
std::string words_of_options(const CLI::App& command) {
  std::string words;
  for (const auto& option : options_of(command))
    if (!option.is_word)
      words += option.name + " ";
  return words;
}

std::string words_below(const CLI::App& command) {
  std::string words;
  for (const auto* below : commands_of(command))
    words += below->get_name() + " ";
  return words + words_of_options(command);
}

constexpr std::string_view bash_head = R"(_belfry() {
  local word command="" names i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="${COMP_WORDS[i]}"
    case "$command $word" in
      *" --") return ;;
)";

constexpr std::string_view bash_middle = R"(    esac
  done
  case "$command" in
)";

constexpr std::string_view bash_tail = R"(  esac
  COMPREPLY=($(compgen -W "$names" -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _belfry belfry
)";

/// In single quotation marks for fish.
std::string quoted(const std::string& text) {
  std::string quoted_text = "'";
  for (const char letter : text) {
    if (letter == '\'' || letter == '\\')
      quoted_text += '\\';
    quoted_text += letter;
  }
  return quoted_text + "'";
}

/// When fish offers what is directly below `command`.
std::string fish_condition(const CLI::App& command) {
  if (!command.get_parent())
    return "__fish_use_subcommand";
  const auto* parent = command.get_parent();
  const auto before = parent->get_parent() ? fish_condition(*parent) + "; and " : "";
  return before + "__fish_seen_subcommand_from " + command.get_name();
}

std::string fish_option(const option_entry& option, const std::string& condition) {
  return "complete -c belfry" + (condition.empty() ? "" : " -n " + quoted(condition)) + " -l " +
         option.name.substr(2) + (option.value.empty() ? "" : " -r") + " -d " +
         quoted(option.description) + "\n";
}

} // namespace

std::string bash_completion(const CLI::App& app) {
  std::string text{bash_head};
  const auto commands = all_commands(app);
  for (const auto* command : commands)
    if (const auto path = path_of(*command); !path.empty())
      text += "      \"" + (path.find(' ') == std::string::npos ? " " + path : path) +
              "\") command=\"" + path + "\" ;;\n";
  text += bash_middle;
  for (const auto* command : commands)
    text += "    \"" + path_of(*command) + "\") names=\"" + words_below(*command) +
            (command == &app ? "" : words_of_options(app)) + "\" ;;\n";
  return text + std::string{bash_tail};
}

std::string zsh_completion(const CLI::App& app) {
  return "#compdef belfry\nautoload -U +X bashcompinit && bashcompinit\n" + bash_completion(app);
}

std::string fish_completion(const CLI::App& app) {
  std::string text;
  for (const auto* command : all_commands(app)) {
    const auto condition = fish_condition(*command);
    for (const auto* below : commands_of(*command))
      text += "complete -c belfry -n " + quoted(condition) + " -a " + below->get_name() + " -d " +
              quoted(below->get_description()) + "\n";
    for (const auto& option : options_of(*command))
      if (!option.is_word) // Those of the program are for all commands.
        text += fish_option(option, command == &app ? "" : condition);
  }
  return text;
}

} // namespace belfry::shell
