// belfry cancel, requeue, pause, resume
#include "cli/flags.hpp"
#include "cli/text/json_text.hpp"
#include "cli/text/text_format.hpp"

#include <iostream>
#include <limits>
#include <memory>
#include <utility>

namespace belfry::shell {

namespace {

/// Orders by filter may be long: this is the patience with all of them.
constexpr duration bulk_timeout{std::chrono::hours{1}};

struct order_options {
  std::vector<task_id> ids;
  task_filter filter;
  bool is_all = false;
};

/// What cancel and requeue differ in.
struct order {
  std::string name;
  std::string past_participle; ///< in the past
  std::string all_flag;
  std::string all_help;
  std::string help;
  std::string examples;
  result<done> (task_client::*one)(task_id, duration) const;
  result<bulk_outcome> (task_client::*all)(task_filter, duration) const;
};

result<exit_code> apply_to_ids(program& belfry, client& node, const order& what,
                               const std::vector<task_id>& ids) {
  auto code = exit_code::ok;
  for (const auto id : ids) {
    const auto how = (node.tasks().*what.one)(id, belfry.request_timeout);
    if (belfry.is_json) {
      auto document = how ? json{{"is_done", true}} : to_json(how.error());
      document["id"] = to_string(id);
      std::cout << one_line(document) << '\n';
    } else if (how) {
      std::cout << to_string(id) << ' ' << what.past_participle << '\n';
    } else {
      std::cerr << "belfry: " << to_string(id) << ": " << how.error().what << '\n';
    }
    if (!how)
      code = exit_code_of(how.error().code);
    if (code == exit_code::unavailable)
      return code;
  }
  return code;
}

result<exit_code> apply_to_all(const program& belfry, client& node, const order& what,
                               const task_filter& filter) {
  const auto how = (node.tasks().*what.all)(filter, bulk_timeout);
  if (!how)
    return how.error();
  if (belfry.is_json) {
    std::cout << one_line(json{{"matched", how->matched},
                               {"changed", how->changed},
                               {"refused", how->refused}})
              << '\n';
    return exit_code::ok;
  }
  std::cout << format_count(how->changed, "task") << ' ' << what.past_participle;
  if (how->refused > 0)
    std::cout << ", " << how->refused << " refused (" << how->first_refusal << ")";
  std::cout << '\n';
  return exit_code::ok;
}

void add_task_command(CLI::App& app, program& belfry, const order& what) {
  auto options = std::make_shared<order_options>();
  options->filter.count_max = std::numeric_limits<std::size_t>::max();
  auto* command = app.add_subcommand(what.name, what.help);
  command->footer(what.examples);
  add_task_ids(*command, options->ids, "The tasks; without them, those that the filter matches");
  add_filter(*command, options->filter, belfry.zone);
  command->add_flag(what.all_flag, options->is_all, what.all_help);
  command->callback([&belfry, options, what] {
    const auto& filter = options->filter;
    const bool has_filter = !filter.queue.empty() || !filter.kind.empty() || filter.due_from ||
                            filter.due_to || options->is_all;
    require(options->ids.empty() != !has_filter, "ID",
            "either tasks or a filter is needed; " + what.all_flag + " means all of them");
    belfry.chosen = [&belfry, options, what]() -> result<exit_code> {
      const auto node = belfry.node();
      if (!node)
        return node.error();
      return options->ids.empty() ? apply_to_all(belfry, **node, what, options->filter)
                                  : apply_to_ids(belfry, **node, what, options->ids);
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
      const auto how = is_paused ? (*node)->queues().pause(*queue, belfry.request_timeout)
                                 : (*node)->queues().resume(*queue, belfry.request_timeout);
      if (!how)
        return how.error();
      if (belfry.is_json)
        std::cout << one_line(json{{"queue", *queue}, {"is_paused", is_paused}}) << '\n';
      else
        std::cout << "queue '" << *queue << "' is " << (is_paused ? "paused" : "resumed") << '\n';
      return exit_code::ok;
    };
  });
}

} // namespace

void add_task_commands(CLI::App& app, program& belfry) {
  add_task_command(
      app, belfry,
      {"cancel", "cancelled", "--all", "All tasks that are not settled",
       "Cancel tasks, running ones too",
       "Examples:\n  belfry cancel 3-1042\n  belfry cancel --queue mail --kind newsletter",
       &task_client::cancel, &task_client::cancel_all});
  add_task_command(app, belfry,
                   {"requeue", "requeued", "--all-dead", "All dead tasks",
                    "Give dead tasks a new life",
                    "Examples:\n  belfry requeue 3-1042\n  belfry requeue --queue mail --all-dead",
                    &task_client::requeue, &task_client::requeue_all});
  add_switch(app, belfry, "pause", "Start no more tasks of a queue", true);
  add_switch(app, belfry, "resume", "Start a queue's tasks again", false);
}

} // namespace belfry::shell
