// belfry completion, belfry man
#include "cli/command_line/completion.hpp"
#include "cli/command_line/manual_page.hpp"
#include "cli/flags.hpp"
#include "cli/program.hpp"

#include <CLI/Option.hpp>

#include <iostream>
#include <memory>

namespace belfry::shell {

namespace {

using script_writer = std::string (*)(const CLI::App&);

void add_completion(CLI::App& app, program& belfry) {
  auto writer = std::make_shared<script_writer>(nullptr);
  auto* command = app.add_subcommand("completion", "Print a script for completion in a shell");
  command->footer("Examples:\n"
                  "  source <(belfry completion bash)              in ~/.bashrc\n"
                  "  belfry completion zsh > DIR/_belfry           a directory of $fpath\n"
                  "  belfry completion fish > ~/.config/fish/completions/belfry.fish");
  add_choice<script_writer>(
      *command, "SHELL", *writer,
      {{"bash", bash_completion}, {"zsh", zsh_completion}, {"fish", fish_completion}},
      "bash, zsh or fish")
      ->required()
      ->type_name("");
  command->callback([&app, &belfry, writer] {
    belfry.chosen = [&app, writer]() -> result<exit_code> {
      std::cout << (*writer)(app);
      return exit_code::ok;
    };
  });
}

void add_manual(CLI::App& app, program& belfry) {
  auto* command = app.add_subcommand("man", "Print the manual page");
  command->footer("Examples:\n  belfry man | man -l -\n"
                  "  belfry man > /usr/local/share/man/man1/belfry.1");
  command->callback([&app, &belfry] {
    belfry.chosen = [&app]() -> result<exit_code> {
      std::cout << manual_page(app);
      return exit_code::ok;
    };
  });
}

} // namespace

void add_self_description(CLI::App& app, program& belfry) {
  add_completion(app, belfry);
  add_manual(app, belfry);
}

} // namespace belfry::shell
