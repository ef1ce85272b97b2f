// belfry cancel, requeue, delete, pause, resume
#include "cli/changes/each_task.hpp"
#include "cli/flags.hpp"
#include "cli/text/json_text.hpp"
#include "cli/text/progress.hpp"
#include "cli/text/queue_notice.hpp"
#include "cli/text/text_format.hpp"

#include "os/terminal.hpp"
#include "text/printable.hpp"

#include <iostream>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace belfry::shell {

namespace {

/// A command with a filter may take long: this is its limit.
constexpr duration bulk_timeout{std::chrono::hours{1}};

struct bulk_options {
  std::vector<task_id> ids;
  task_filter filter;
  bool is_all = false;
  bool is_dry = false;
  bool is_confirmed = false;
};

/// What cancel, requeue and delete differ in.
struct task_command {
  std::string name;
  std::vector<task_state> states; ///< of the tasks that it changes
  std::string past_participle;
  std::string present_participle;
  std::string all_flag;
  std::string all_help;
  std::string help;
  std::string examples;
  result<done> (task_client::*apply_to_one)(task_id, duration) const;
  result<bulk_outcome> (task_client::*apply_to_matching)(task_filter, duration,
                                                         const bulk_progress&) const;
};

result<exit_code> apply_to_ids(program& belfry, const task_command& command,
                               const std::vector<task_id>& ids) {
  const auto timeout = belfry.request_timeout;
  return apply_to_each(belfry, ids, command.past_participle,
                       [&command, timeout](task_client tasks, task_id id) {
                         return (tasks.*command.apply_to_one)(id, timeout);
                       });
}

result<std::size_t> count_matching(client& node, const task_command& command, task_filter filter) {
  filter.states = command.states;
  return node.tasks().list(filter, bulk_timeout).transform([](const auto& tasks) {
    return tasks.size();
  });
}

result<exit_code> show_matching(const program& belfry, client& node, const task_command& command,
                                const task_filter& filter) {
  const auto count = count_matching(node, command, filter);
  if (!count)
    return count.error();
  if (belfry.is_json)
    std::cout << one_line(json{{"matched", *count}, {"is_dry_run", true}}) << '\n';
  else
    std::cout << format_count(*count, "task") << " would be " << command.past_participle << '\n';
  return exit_code::ok;
}

/// Whether the person at the terminal agrees.
bool is_agreed(const task_command& command, std::size_t count) {
  if (count == 0)
    return true;
  std::cerr << "Really " << command.name << ' ' << format_number(count)
            << (count == 1 ? " task" : " tasks") << "? [y/N] " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

/// With its progress on a terminal; `total` of 0: unknown.
result<bulk_outcome> apply_with_progress(client& node, const task_command& command,
                                         const task_filter& filter, std::size_t total) {
  progress line{command.present_participle, total};
  return (node.tasks().*command.apply_to_matching)(
      filter, bulk_timeout, [&line](const bulk_outcome& so_far) { line.show(so_far.matched); });
}

result<exit_code> apply_to_all(const program& belfry, client& node, const task_command& command,
                               const task_filter& filter, std::size_t total) {
  const auto outcome = apply_with_progress(node, command, filter, total);
  if (!outcome)
    return outcome.error();
  if (outcome->matched == 0 && !filter.queue.empty())
    warn_of_unknown_queue(belfry, node, filter.queue);
  if (belfry.is_json) {
    std::cout << one_line(json{{"matched", outcome->matched},
                               {"changed", outcome->changed},
                               {"refused", outcome->refused}})
              << '\n';
    return exit_code::ok;
  }
  std::cout << format_count(outcome->changed, "task") << ' ' << command.past_participle;
  if (outcome->refused > 0)
    std::cout << ", " << outcome->refused << " refused (" << printable(outcome->first_refusal)
              << ")";
  std::cout << '\n';
  return exit_code::ok;
}

result<exit_code> apply_to_filter(const program& belfry, client& node, const task_command& command,
                                  const bulk_options& options) {
  if (options.is_dry)
    return show_matching(belfry, node, command, options.filter);
  if (options.is_confirmed || belfry.is_json || !can_ask())
    return apply_to_all(belfry, node, command, options.filter, 0);
  const auto count = count_matching(node, command, options.filter);
  if (!count)
    return count.error();
  if (is_agreed(command, *count))
    return apply_to_all(belfry, node, command, options.filter, *count);
  print_complaint("nothing is changed");
  return exit_code::refused;
}

void add_task_command(CLI::App& app, program& belfry, const task_command& definition) {
  auto options = std::make_shared<bulk_options>();
  options->filter.count_max = std::numeric_limits<std::size_t>::max();
  auto* command = app.add_subcommand(definition.name, definition.help);
  command->footer(definition.examples);
  add_task_ids(*command, options->ids, "The tasks; without ids, those that the filter matches");
  add_filter(*command, options->filter, belfry.zone);
  command->add_flag(definition.all_flag, options->is_all, definition.all_help);
  command->add_flag("--dry-run", options->is_dry,
                    "Say how many tasks the filter matches, and change nothing");
  command->add_flag("--yes", options->is_confirmed,
                    "Do not ask; without a terminal, or with --json, nobody is asked");
  command->callback([&belfry, options, definition] {
    const auto& filter = options->filter;
    const bool has_filter = !filter.queue.empty() || !filter.kind.empty() ||
                            !filter.schedule.empty() || filter.due_from || filter.due_to ||
                            options->is_all;
    require(!options->ids.empty() || has_filter, "ID",
            "needs task ids or a filter; " + definition.all_flag + " selects all");
    require(options->ids.empty() || !has_filter, "ID", "takes task ids or a filter, not both");
    require(options->ids.empty() || !options->is_dry, "--dry-run", "is for a filter, not for ids");
    belfry.chosen = [&belfry, options, definition]() -> result<exit_code> {
      if (!options->ids.empty())
        return apply_to_ids(belfry, definition, options->ids);
      const auto node = belfry.node();
      if (!node)
        return node.error();
      return apply_to_filter(belfry, **node, definition, *options);
    };
  });
}

void add_switch(CLI::App& app, program& belfry, const std::string& name, const std::string& help,
                bool is_paused) {
  auto queue = std::make_shared<std::string>();
  auto* command = app.add_subcommand(name, help);
  command->footer("Example:\n  belfry " + name + " mail");
  command->add_option("QUEUE", *queue, "The queue")->required()->type_name("");
  command->callback([&belfry, queue, is_paused] {
    belfry.chosen = [&belfry, queue, is_paused]() -> result<exit_code> {
      const auto node = belfry.node();
      if (!node)
        return node.error();
      warn_of_unknown_queue(belfry, **node, *queue);
      const auto switched = is_paused ? (*node)->queues().pause(*queue, belfry.request_timeout)
                                      : (*node)->queues().resume(*queue, belfry.request_timeout);
      if (!switched)
        return switched.error();
      if (belfry.is_json)
        std::cout << one_line(json{{"queue", *queue}, {"is_paused", is_paused}}) << '\n';
      else
        std::cout << "queue '" << printable(*queue) << "' is " << (is_paused ? "paused" : "resumed")
                  << '\n';
      return exit_code::ok;
    };
  });
}

} // namespace

void add_task_commands(CLI::App& app, program& belfry) {
  add_task_command(
      app, belfry,
      {"cancel",
       {task_state::scheduled, task_state::ready, task_state::reserved, task_state::running},
       "cancelled",
       "cancelling",
       "--all",
       "Cancel all tasks that are not settled",
       "Cancel tasks, including running ones",
       "Examples:\n  belfry cancel 3-8053046902785\n  belfry cancel --queue mail --kind newsletter "
       "--dry-run",
       &task_client::cancel,
       &task_client::cancel_all});
  add_task_command(
      app, belfry,
      {"requeue",
       {task_state::dead},
       "requeued",
       "requeuing",
       "--all-dead",
       "Requeue all dead tasks",
       "Requeue dead tasks for another full set of attempts",
       "Examples:\n  belfry requeue 3-8053046902785\n  belfry requeue --queue mail --all-dead",
       &task_client::requeue,
       &task_client::requeue_all});
  add_task_command(
      app, belfry,
      {"delete",
       {task_state::dead},
       "deleted",
       "deleting",
       "--all-dead",
       "Delete all dead tasks",
       "Delete tasks: by id any that no worker has, with a filter dead ones",
       "A task that waits is cancelled first; a running one is cancelled with cancel.\n\nExamples:"
       "\n  belfry delete 3-8053046902785\n  belfry delete --queue mail --all-dead --dry-run",
       &task_client::remove,
       &task_client::remove_all});
  add_switch(app, belfry, "pause", "Pause a queue: start no more of its tasks", true);
  add_switch(app, belfry, "resume", "Resume a paused queue", false);
}

} // namespace belfry::shell
