// belfry get, wait, explain
#include "cli/changes/each_task.hpp"
#include "cli/flags.hpp"
#include "cli/settled_wait.hpp"
#include "cli/submit_options.hpp"
#include "cli/text/indented_json.hpp"
#include "cli/text/json_text.hpp"
#include "cli/text/text_format.hpp"

#include "text/printable.hpp"
#include "time/time_text.hpp"

#include <algorithm>
#include <iostream>
#include <memory>

namespace belfry::shell {

namespace {

struct task_options {
  std::vector<task_id> ids;
  duration timeout{std::chrono::hours{24 * 366}};
};

void print_field(const std::string& name, const std::string& text) {
  constexpr std::size_t width = 10;
  if (!text.empty())
    std::cout << "  " << name << std::string(width - std::min(width, name.size()), ' ')
              << printable(text) << '\n';
}

/// A text of the user; if it has several lines, below the name and further to the right than all
/// fields, for which they could be taken.
void print_text(const std::string& name, const std::string& text) {
  const auto last = text.find_last_not_of("\r\n");
  if (last == std::string::npos)
    return;
  const auto trimmed = text.substr(0, last + 1);
  if (trimmed.find('\n') == std::string::npos)
    return print_field(name, trimmed);
  std::cout << "  " << name << ":\n" << printable_lines(trimmed, "    ");
}

/// As `print_text`; a JSON array or object with a line for each of its parts.
void print_document(const std::string& name, const std::string& text) {
  print_text(name, indented_json(text).value_or(text));
}

void print_deadlines(const program& belfry, const task_info& task) {
  if (task.start_by)
    print_field("deadline", "start by " + format_relative_time(belfry, *task.start_by));
  if (task.complete_by)
    print_field("deadline", "complete by " + format_relative_time(belfry, *task.complete_by));
}

/// What a node of an earlier version does not send is left out.
void print_policies(const task_info& task) {
  if (task.timeout > duration{0})
    print_field("limit", format_duration(task.timeout) + " for each attempt");
  if (task.retry)
    print_field("retries", format_retry(*task.retry));
}

void print_task(const program& belfry, const task_info& task) {
  std::cout << "task " << to_string(task.id) << '\n';
  print_field("kind", task.kind);
  print_field("queue", task.queue + ", priority " + std::to_string(task.priority));
  print_field("state", format_state(task));
  print_field("worker", task.worker);
  print_field("accepted", format_relative_time(belfry, task.accepted_at));
  print_field("due", format_relative_time(belfry, task.due));
  print_deadlines(belfry, task);
  if (task.started_at)
    print_field("started", format_relative_time(belfry, *task.started_at));
  if (task.settled_at)
    print_field("settled", format_relative_time(belfry, *task.settled_at));
  if (task.ran)
    print_field("ran", format_duration(*task.ran));
  print_policies(task);
  print_field("key", task.key);
  print_field("schedule", task.schedule);
  print_text("progress", task.progress);
  print_text("error", task.last_error);
  for (auto error = task.earlier_errors.rbegin(); error != task.earlier_errors.rend(); ++error)
    print_text("earlier", *error);
  print_document("payload", task.payload);
  print_document("output", task.output);
}

void add_get(CLI::App& app, program& belfry) {
  auto options = std::make_shared<task_options>();
  auto* command = app.add_subcommand("get", "Show tasks");
  command->footer("Examples:\n  belfry get 3-8053046902785\n  belfry get 3-8053046902785 "
                  "0-8053046902790 --json");
  add_task_ids(*command, options->ids, "The tasks")->required();
  command->callback([&belfry, options] {
    belfry.chosen = [&belfry, options] {
      return for_each_task(belfry, options->ids, [&belfry](task_client tasks, task_id id) {
        const auto task = tasks.get(id, belfry.request_timeout);
        if (task && belfry.is_json)
          std::cout << one_line(to_json(*task)) << '\n';
        else if (task)
          print_task(belfry, *task);
        return task.transform([](const auto&) {});
      });
    };
  });
}

/// The same whatever order the tasks end in: that of a node that does not answer, or else the
/// highest.
exit_code worse_of(exit_code left, exit_code right) {
  if (left == exit_code::unavailable || right == exit_code::unavailable)
    return exit_code::unavailable;
  return std::max(left, right);
}

/// On a terminal, for a wait for several tasks: how many are done.
std::string count_note(const program& belfry, std::size_t count, std::size_t all) {
  const bool is_terminal = belfry.style.width.has_value();
  return is_terminal && all > 1
             ? " (" + format_number(count) + " of " + format_number(all) + " done)"
             : "";
}

result<exit_code> wait_for_tasks(program& belfry, const task_options& options) {
  const auto node = belfry.node();
  if (!node)
    return node.error();
  auto code = exit_code::ok;
  std::size_t count = 0;
  wait_until_settled(belfry, **node, options.ids, options.timeout,
                     [&](task_id id, const result<task_info>& outcome) {
                       const auto note = count_note(belfry, ++count, options.ids.size());
                       const auto latest = outcome
                                               ? report_settled(belfry, *outcome, note)
                                               : report_failure(belfry, id, outcome.error(), note);
                       code = worse_of(code, latest);
                     });
  return code;
}

void add_wait(CLI::App& app, program& belfry) {
  auto options = std::make_shared<task_options>();
  auto* command = app.add_subcommand("wait", "Wait until tasks are settled");
  command->footer(
      "Each task is printed as soon as it is settled; with --json, one document per task and "
      "line.\n\nThe exit status is 0 if all of them succeeded, 3 if no node answers for "
      "--request-timeout, and otherwise the highest that applies: 1 if one did not succeed, 4 if "
      "one is not known or forgotten, 5 if one is not settled within --wait-timeout.\n\n"
      "Examples:\n  belfry wait 3-8053046902785\n  belfry wait 3-8053046902785 0-8053046902790 "
      "--wait-timeout 10min");
  add_task_ids(*command, options->ids, "The tasks")->required();
  auto* wait_timeout = add_duration(*command, "--wait-timeout", options->timeout,
                                    "Give up after this long (default: never)");
  add_duration(*command, "--timeout", options->timeout, "Former name of --wait-timeout")
      ->group("")
      ->excludes(wait_timeout);
  command->callback([&belfry, options] {
    belfry.chosen = [&belfry, options] { return wait_for_tasks(belfry, *options); };
  });
}

void print_explanation(const program& belfry, const explanation& explained) {
  std::cout << "task " << to_string(explained.task.id) << " (" << printable(explained.task.kind)
            << " in queue " << printable(explained.task.queue)
            << "): " << format_state(explained.task) << '\n';
  print_field("reason", std::string{to_string(explained.reason)});
  print_field("", explained.text);
  print_field("since", format_relative_time(belfry, explained.since));
  if (!is_settled(explained.task.state))
    print_field("due", format_relative_time(belfry, explained.task.due));
  print_deadlines(belfry, explained.task);
  print_text("error", explained.task.last_error);
}

void add_explain(CLI::App& app, program& belfry) {
  auto options = std::make_shared<task_options>();
  auto* command = app.add_subcommand("explain", "Show why a task is not running, and since when");
  command->footer(
      "Examples:\n  belfry explain 3-8053046902785\n  belfry explain 3-8053046902785 --json");
  add_task_ids(*command, options->ids, "The tasks")->required();
  command->callback([&belfry, options] {
    belfry.chosen = [&belfry, options] {
      return for_each_task(belfry, options->ids, [&belfry](task_client tasks, task_id id) {
        const auto explained = tasks.explain(id, belfry.request_timeout);
        if (explained && belfry.is_json)
          std::cout << one_line(to_json(*explained)) << '\n';
        else if (explained)
          print_explanation(belfry, *explained);
        return explained.transform([](const auto&) {});
      });
    };
  });
}

} // namespace

exit_code report_settled(const program& belfry, const task_info& task, const std::string& note) {
  const bool is_success = task.state == task_state::succeeded;
  if (belfry.is_json) {
    std::cout << one_line(to_json(task)) << '\n' << std::flush; // A reader may act on it at once.
    return is_success ? exit_code::ok : exit_code::refused;
  }
  std::cout << "task " << to_string(task.id) << ' ' << format_state(task);
  if (task.settled_at)
    std::cout << ", " << format_duration(*task.settled_at - task.accepted_at)
              << " after it was accepted";
  std::cout << note << '\n';
  if (!is_success)
    print_text("error", task.last_error);
  print_text("output", task.output);
  std::cout << std::flush;
  return is_success ? exit_code::ok : exit_code::refused;
}

void add_tasks(CLI::App& app, program& belfry) {
  add_get(app, belfry);
  add_wait(app, belfry);
  add_explain(app, belfry);
}

} // namespace belfry::shell
