#pragma once

#include <CLI/App.hpp>
#include <CLI/Option.hpp>

#include <string>
#include <vector>

namespace belfry::shell {

/// An option or a word of a command, as help, manual page and completion show it.
struct option_entry {
  std::string name;  ///< `--queue`; of a word of the command `KIND`
  std::string value; ///< what stands behind it: `NAME`; empty: nothing
  std::string description;
  std::string group; ///< heading
  bool is_word = false;
};

[[nodiscard]] option_entry entry_of(const CLI::Option& option);

/// What the command line reads for `command` beside its commands, in the order of its definition;
/// without those that are hidden.
[[nodiscard]] std::vector<option_entry> options_of(const CLI::App& command);

/// The commands directly below `command`, in the order of their definition.
[[nodiscard]] std::vector<const CLI::App*> commands_of(const CLI::App& command);

/// `queue set`: the words that name the command; empty for the program itself.
[[nodiscard]] std::string path_of(const CLI::App& command);

/// `command` and all below it, each before those below it.
[[nodiscard]] std::vector<const CLI::App*> all_commands(const CLI::App& command);

/// The text behind the options of the command, such as examples; empty if it has none of its own.
[[nodiscard]] std::string own_footer(const CLI::App& command);

/// Puts options of `command`, by name, under a heading. Requires: it has them.
void group_options(CLI::App& command, const std::string& heading,
                   const std::vector<std::string>& names);

} // namespace belfry::shell
