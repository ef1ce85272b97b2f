#include "cli/command_line/manual_page.hpp"

#include "cli/command_line/option_table.hpp"

#include "belfry/version.hpp"

#include <cstddef>

namespace belfry::shell {

namespace {

std::string described_options(const CLI::App& command) {
  std::string text;
  std::string group;
  for (const auto& option : options_of(command)) {
    if (option.group != group && !option.is_word && option.group != "Options")
      text += ".PP\n" + escaped_for_roff(option.group) + ":\n";
    group = option.is_word ? group : option.group;
    text += ".TP\n\\fB" + escaped_for_roff(option.name) + "\\fR" +
            (option.value.empty() ? "" : " \\fI" + escaped_for_roff(option.value) + "\\fR") + "\n" +
            escaped_for_roff(option.description) + "\n";
  }
  return text;
}

/// As it is: its lines are examples.
std::string described_footer(const CLI::App& command) {
  const auto footer = own_footer(command);
  return footer.empty() ? "" : ".PP\n.nf\n" + escaped_for_roff(footer) + "\n.fi\n";
}

std::string described_command(const CLI::App& command) {
  return ".SS \"belfry " + escaped_for_roff(path_of(command)) + "\"\n" +
         escaped_for_roff(command.get_description()) + "\n" + described_options(command) +
         described_footer(command);
}

} // namespace

std::string escaped_for_roff(const std::string& text) {
  std::string escaped;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_line_begin = i == 0 || text[i - 1] == '\n';
    if (is_line_begin && (text[i] == '.' || text[i] == '\''))
      escaped += "\\&";
    if (text[i] == '\\')
      escaped += "\\e";
    else if (text[i] == '-')
      escaped += "\\-";
    else if (text[i] == '\'')
      escaped += "\\(aq";
    else
      escaped += text[i];
  }
  return escaped;
}

std::string manual_page(const CLI::App& app) {
  auto text = ".TH BELFRY 1 \"\" \"belfry " + version() +
              "\"\n.SH NAME\nbelfry \\- distributed task scheduler\n.SH SYNOPSIS\n\\fBbelfry\\fR "
              "[\\fIOPTIONS\\fR] \\fICOMMAND\\fR\n.SH DESCRIPTION\n" +
              escaped_for_roff(app.get_description()) +
              "\n.SH OPTIONS\nThey may stand before or after the command.\n" +
              described_options(app) + described_footer(app) + ".SH COMMANDS\n";
  for (const auto* command : all_commands(app))
    if (command != &app)
      text += described_command(*command);
  return text;
}

} // namespace belfry::shell
