// belfry run-now, reschedule, change
#include "cli/changes/each_task.hpp"
#include "cli/flags.hpp"
#include "cli/submit_options.hpp"

#include "os/input_file.hpp"
#include "task/validate.hpp"

#include <CLI/Option.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace belfry::shell {

namespace {

struct change_options {
  std::vector<task_id> ids;
  task_change change;
  std::string file; ///< holds the new payload
};

/// A payload that holds no command would fail at every attempt.
result<done> check_payload_for(const task_client& tasks, task_id id, const std::string& payload,
                               duration timeout) {
  const auto task = tasks.get(id, timeout);
  if (!task)
    return task.error();
  task_spec changed;
  changed.kind = task->kind;
  changed.payload = payload;
  return check_exec_payload(changed);
}

result<exit_code> change_tasks(program& belfry, const change_options& options,
                               const std::string& done_text) {
  auto change = options.change;
  if (!options.file.empty()) {
    auto payload = read_file(options.file);
    if (!payload)
      return payload.error();
    change.payload = std::move(*payload);
  }
  const auto timeout = belfry.request_timeout;
  const auto apply = [&change, timeout](const task_client& tasks, task_id id) -> result<done> {
    if (change.payload)
      if (auto checked = check_payload_for(tasks, id, *change.payload, timeout); !checked)
        return checked;
    return tasks.change(id, change, timeout);
  };
  return apply_to_each(belfry, options.ids, done_text, apply);
}

void add_run_now(CLI::App& app, program& belfry) {
  auto options = std::make_shared<change_options>();
  options->change.delay = duration{0};
  auto* command = app.add_subcommand(
      "run-now", "Run tasks now that are scheduled for later, or wait to be retried");
  command->footer("A dead task is run again with requeue.\n\nExample:\n  belfry run-now "
                  "3-8053046902785");
  add_task_ids(*command, options->ids, "The tasks")->required();
  command->callback([&belfry, options] {
    belfry.chosen = [&belfry, options] { return change_tasks(belfry, *options, "is due now"); };
  });
}

void add_reschedule(CLI::App& app, program& belfry) {
  auto options = std::make_shared<change_options>();
  auto& change = options->change;
  auto* command = app.add_subcommand("reschedule", "Change when tasks that wait are due");
  command->footer("Examples:\n  belfry reschedule 3-8053046902785 --in 2h\n  belfry reschedule "
                  "3-8053046902785 --at '2026-12-24 18:00' --tz Europe/Berlin");
  add_task_ids(*command, options->ids, "The tasks")->required();
  auto* delay = add_duration(*command, "--in", change.delay, "Due this long after now");
  add_instant(*command, "--at", change.due, belfry.zone, "Due at this time")->excludes(delay);
  command->callback([&belfry, options] {
    require(options->change.delay || options->change.due, "reschedule", "needs --in or --at");
    belfry.chosen = [&belfry, options] { return change_tasks(belfry, *options, "rescheduled"); };
  });
}

void add_change(CLI::App& app, program& belfry) {
  auto options = std::make_shared<change_options>();
  auto& change = options->change;
  auto* command =
      app.add_subcommand("change", "Change the payload, priority or queue of waiting tasks");
  command->footer("A task that a worker has, or that is settled, cannot be changed.\n\nExamples:\n"
                  "  belfry change 3-8053046902785 --priority 10\n  belfry change 3-8053046902785 "
                  "--file letter.json");
  add_task_ids(*command, options->ids, "The tasks")->required();
  add_number(*command, "--priority", change.priority, priority_min, priority_max,
             "Greater runs first inside a queue, -100 to 100")
      ->type_name("NUMBER");
  command
      ->add_option_function<std::string>(
          "--queue", [options](const std::string& text) { options->change.queue = text; },
          "The new queue")
      ->type_name("NAME");
  auto* file = command->add_option("--file", options->file,
                                   "Read the new payload from a file, or - for standard input");
  file->type_name("PATH");
  command
      ->add_option_function<std::string>(
          "--payload", [options](const std::string& text) { options->change.payload = text; },
          "The new payload")
      ->type_name("TEXT")
      ->excludes(file);
  command->callback([&belfry, options] {
    const bool is_empty = options->change == task_change{} && options->file.empty();
    require(!is_empty, "change", "needs --priority, --queue, --payload or --file");
    belfry.chosen = [&belfry, options] { return change_tasks(belfry, *options, "changed"); };
  });
}

} // namespace

void add_task_changes(CLI::App& app, program& belfry) {
  add_run_now(app, belfry);
  add_reschedule(app, belfry);
  add_change(app, belfry);
}

} // namespace belfry::shell
