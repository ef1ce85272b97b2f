// belfry top
#include "cli/flags.hpp"
#include "cli/program.hpp"
#include "cli/text/text_format.hpp"
#include "cli/top/overview.hpp"
#include "cli/top/overview_source.hpp"

#include "os/stop_signals.hpp"
#include "os/terminal.hpp"
#include "os/terminal_keys.hpp"
#include "text/printable.hpp"
#include "time/time_text.hpp"

#include <chrono>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

namespace belfry::shell {

namespace {

/// How soon a new overview, another size of the terminal and a silent node are shown.
constexpr duration redraw_pause{200};
/// A node that has not answered for longer is called silent.
constexpr duration silence_max{2'000};

struct top_options {
  bool is_once = false;
  duration interval{1'000};
};

/// The second screen of the terminal, without a cursor, as long as it exists.
class second_screen {
public:
  second_screen() { std::cout << "\033[?1049h\033[?25l"; }
  ~second_screen() { std::cout << "\033[?25h\033[?1049l" << std::flush; }
  second_screen(const second_screen&) = delete;
  second_screen& operator=(const second_screen&) = delete;
};

bool is_end(char key) {
  return key == 'q' || key == 'Q' || key == terminal_keys::interrupt ||
         key == terminal_keys::end_of_input;
}

std::string text_of(const overview_source::view& seen, const output_style& style) {
  std::string text;
  if (seen.silence > silence_max)
    text = "the node has not answered for " +
           format_duration(std::chrono::floor<std::chrono::seconds>(seen.silence)) +
           (seen.error.empty() ? "" : " (" + printable(seen.error) + ")") +
           (seen.latest ? "; this is what it said before\n\n" : "\n");
  else if (!seen.latest)
    text = "asking the node\n";
  if (seen.latest)
    text += format_overview(*seen.latest, seen.before.get(), style);
  return text;
}

/// Draws until a key or a signal ends it, or the output fails. A signal does not end the process at
/// once, which would leave the terminal without an echo.
result<exit_code> show_live(program& belfry, client& node, const top_options& options) {
  terminal_keys keys;
  const stop_signals signals{[&keys] { keys.end(); }};
  const second_screen screen;
  const overview_source source{node, belfry.request_timeout, options.interval};
  std::string drawn;
  while (std::cout) {
    const auto terminal = output_terminal().value_or(terminal_size{});
    belfry.style.width = terminal.columns;
    auto frame = frame_of(text_of(source.latest(), belfry.style) + "\nq ends\n", terminal.rows);
    if (frame != drawn)
      std::cout << frame << std::flush;
    drawn = std::move(frame);
    if (const auto key = keys.next(redraw_pause); key && is_end(*key))
      break;
  }
  return exit_code::ok;
}

result<exit_code> show_once(const program& belfry, client& node) {
  const auto now = ask_for_overview(node, belfry.request_timeout);
  if (!now)
    return now.error();
  std::cout << format_overview(*now, nullptr, belfry.style);
  return exit_code::ok;
}

} // namespace

void add_top(CLI::App& app, program& belfry) {
  auto options = std::make_shared<top_options>();
  auto* command = app.add_subcommand("top", "Watch queues and workers in the terminal");
  command->footer("GROWTH/S is how many more tasks of the queue wait or run, per second. The "
                  "oldest ready task is looked for among the first 500 of a queue; '≥' says that "
                  "there may be an older one.\n\nExamples:\n  belfry top\n  belfry top --once");
  command->add_flag("--once", options->is_once, "Print the overview once, and end");
  add_duration(*command, "--interval", options->interval,
               "Time between two refreshes (default 1s)");
  command->callback([&belfry, options] {
    require(!belfry.is_json, "--json", "is not for top; expected status, queues or list");
    require(options->is_once || output_terminal(), "top", "needs a terminal to draw on, or --once");
    require(options->interval >= duration{100} && options->interval <= duration{3'600'000},
            "--interval", "is out of range, expected 100ms to 1h");
    belfry.chosen = [&belfry, options]() -> result<exit_code> {
      const auto node = belfry.node();
      if (!node)
        return node.error();
      return options->is_once ? show_once(belfry, **node) : show_live(belfry, **node, *options);
    };
  });
}

} // namespace belfry::shell
