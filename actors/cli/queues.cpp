// belfry queues, queue set
#include "cli/flags.hpp"
#include "cli/program.hpp"
#include "cli/text/json_text.hpp"
#include "cli/text/table.hpp"

#include "text/printable.hpp"

#include <iostream>
#include <memory>
#include <utility>

namespace belfry::shell {

namespace {

std::string count_of(const queue_info& queue, task_state state) {
  return std::to_string(queue.counts[state]);
}

void print_queues(const program& belfry, const std::vector<queue_info>& queues) {
  table rows{{{.title = "QUEUE", .width_min = 12},
              {.title = "PAUSED", .usual = "no"},
              {.title = "WEIGHT", .is_number = true, .usual = "1"},
              {.title = "DURABILITY", .usual = "durable"},
              {.title = "ACCEPT", .usual = "owner"},
              {.title = "SCHEDULED", .is_number = true, .usual = "0"},
              {"READY", true},
              {.title = "RESERVED", .is_number = true, .usual = "0"},
              {"RUNNING", true},
              {"SUCCEEDED", true},
              {"DEAD", true},
              {.title = "CANCELLED", .is_number = true, .usual = "0"},
              {.title = "EXPIRED", .is_number = true, .usual = "0"}}};
  for (const auto& queue : queues)
    rows.add({one_line(queue.queue, 40), queue.is_paused ? "yes" : "no",
              std::to_string(queue.weight), std::string{to_string(queue.level)},
              queue.accepts_anywhere ? "anywhere" : "owner", count_of(queue, task_state::scheduled),
              count_of(queue, task_state::ready), count_of(queue, task_state::reserved),
              count_of(queue, task_state::running), count_of(queue, task_state::succeeded),
              count_of(queue, task_state::dead), count_of(queue, task_state::cancelled),
              count_of(queue, task_state::expired)});
  rows.print(std::cout, belfry.style);
}

result<exit_code> show_queues(program& belfry) {
  const auto node = belfry.node();
  if (!node)
    return node.error();
  const auto queues = (*node)->queues().list(belfry.request_timeout);
  if (!queues)
    return queues.error();
  if (belfry.is_json)
    for (const auto& queue : *queues)
      std::cout << one_line(to_json(queue)) << '\n';
  else if (queues->empty())
    std::cout << "no queues yet: the first task of a queue creates it\n";
  else
    print_queues(belfry, *queues);
  return exit_code::ok;
}

void add_set(CLI::App& queue, program& belfry) {
  auto change = std::make_shared<queue_change>();
  auto* command = queue.add_subcommand("set", "Change a queue's settings");
  command->footer(
      "Settled tasks are counted while they are kept.\n\nExamples:\n  belfry "
      "queue set mail --weight 10\n  belfry queue set metrics --durability relaxed\n  belfry queue "
      "set orders --accept anywhere");
  command->add_option("QUEUE", change->queue, "The queue")->required()->type_name("");
  add_number(*command, "--weight", change->weight, 1, 1000,
             "Share of the workers relative to other queues with ready tasks, 1 to 1000")
      ->type_name("NUMBER");
  add_choice<std::optional<durability>>(*command, "--durability", change->level,
                                        {{"durable", durability::durable},
                                         {"relaxed", durability::relaxed},
                                         {"volatile", durability::in_memory}},
                                        "For tasks accepted from now on: durable (on disk before "
                                        "the answer), relaxed (written, but lost in a power "
                                        "failure), volatile (lost when the node stops)")
      ->type_name("LEVEL");
  add_choice<std::optional<bool>>(*command, "--accept", change->accepts_anywhere,
                                  {{"owner", false}, {"anywhere", true}},
                                  "Which node accepts tasks while the owner of their shard is "
                                  "unreachable: none (owner), or any node with an --outbox "
                                  "(anywhere)")
      ->type_name("WHERE");
  command->callback([&belfry, change] {
    require(change->weight || change->level || change->accepts_anywhere, "queue set",
            "needs --weight, --durability or --accept");
    belfry.chosen = [&belfry, change]() -> result<exit_code> {
      const auto node = belfry.node();
      if (!node)
        return node.error();
      const auto changed = (*node)->queues().set(*change, belfry.request_timeout);
      if (!changed)
        return changed.error();
      if (belfry.is_json)
        std::cout << one_line(json{{"queue", change->queue}}) << '\n';
      else
        std::cout << "queue '" << printable(change->queue) << "' is updated\n";
      return exit_code::ok;
    };
  });
}

} // namespace

void add_queues(CLI::App& app, program& belfry) {
  auto* queues = app.add_subcommand("queues", "List queues and count their tasks");
  queues->footer("Settled tasks are counted while they are kept.\n\nExample:\n  belfry "
                 "queues --json");
  queues->callback([&belfry] { belfry.chosen = [&belfry] { return show_queues(belfry); }; });
  auto* queue = app.add_subcommand("queue", "Change a queue's settings: queue set");
  queue->require_subcommand(1);
  add_set(*queue, belfry);
}

} // namespace belfry::shell
