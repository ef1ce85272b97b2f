#include "cli/command_line/help_format.hpp"

#include "cli/command_line/option_table.hpp"
#include "cli/text/table.hpp"

#include "os/terminal.hpp"

#include <CLI/Formatter.hpp>

#include <algorithm>
#include <memory>
#include <sstream>
#include <utility>
#include <vector>

namespace belfry::shell {

namespace {

constexpr std::size_t help_width_default = 100;
constexpr std::size_t help_width_min = 60;
constexpr std::size_t description_column = 34;

std::size_t help_width() {
  const auto terminal = output_terminal();
  const auto columns = terminal ? terminal->columns : help_width_default;
  return std::clamp(columns, help_width_min, help_width_default);
}

/// A name and, beside it or below if the name is long, what it means.
std::string described(const std::string& name, const std::string& description) {
  auto line = "  " + name;
  if (description.empty())
    return line + "\n";
  if (width_of(line) + 2 > description_column)
    line += "\n" + std::string(description_column, ' ');
  else
    line += std::string(description_column - width_of(line), ' ');
  return line + wrapped(description, help_width(), description_column) + "\n";
}

/// Breaks only the lines that are too long: the others are examples.
std::string fitted_lines(const std::string& text) {
  std::string lines;
  std::istringstream rest{text};
  for (std::string line; std::getline(rest, line);) {
    const auto indentation = std::min(line.find_first_not_of(' '), line.size());
    const bool is_long = width_of(line) > help_width();
    lines +=
        is_long ? std::string(indentation, ' ') + wrapped(line, help_width(), indentation) : line;
    lines += "\n";
  }
  return lines;
}

class help_formatter : public CLI::Formatter {
public:
  help_formatter() {
    label("SUBCOMMAND", "COMMAND");
    label("Positionals", "Words");
  }

  std::string make_group(std::string group, bool /*is_positional*/,
                         std::vector<const CLI::Option*> options) const override {
    auto text = "\n" + group + ":\n";
    for (const auto* option : options) {
      const auto entry = entry_of(*option);
      text +=
          described(entry.name + (entry.value.empty() ? "" : " " + entry.value), entry.description);
    }
    return text;
  }

  std::string make_subcommand(const CLI::App* command) const override {
    return described(command->get_name(), command->get_description());
  }

  std::string make_footer(const CLI::App* command) const override {
    auto text = fitted_lines(own_footer(*command));
    if (command->get_parent())
      text += std::string{text.empty() ? "" : "\n"} +
              "Options of all commands (--host, --json, --tz, …): belfry --help\n";
    return text;
  }
};

} // namespace

std::string wrapped(const std::string& text, std::size_t width, std::size_t indentation) {
  std::string lines;
  auto used = indentation;
  std::istringstream words{text};
  for (std::string word; words >> word; used += width_of(word)) {
    const bool is_first = used == indentation;
    if (!is_first && used + 1 + width_of(word) > width) {
      lines += "\n" + std::string(indentation, ' ');
      used = indentation;
    } else if (!is_first) {
      lines += " ";
      ++used;
    }
    lines += word;
  }
  return lines;
}

void format_help(CLI::App& app) {
  app.formatter(std::make_shared<help_formatter>());
}

void group_commands(CLI::App& app) {
  static const std::vector<std::pair<std::string, std::vector<std::string>>> groups{
      {"Tasks",
       {"submit", "get", "wait", "explain", "list", "run-now", "reschedule", "change", "cancel",
        "requeue", "delete"}},
      {"Queues and schedules",
       {"queues", "queue", "pause", "resume", "schedules", "schedule", "import-crontab"}},
      {"Copies", {"backup", "restore", "export", "import"}},
      {"Nodes", {"node", "top", "status", "health", "nodes", "shards", "drain", "store", "certs"}},
      {"This program", {"completion", "man"}}};
  for (const auto& [heading, names] : groups)
    for (const auto& name : names)
      for (auto* command :
           app.get_subcommands([&](const CLI::App* known) { return known->get_name() == name; }))
        command->group(heading);
}

} // namespace belfry::shell
