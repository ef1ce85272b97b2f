#include "cli/text/worker_table.hpp"

#include "cli/text/table.hpp"

#include "text/delimited.hpp"
#include "time/time_text.hpp"

#include <string>

namespace belfry::shell {

namespace {

std::string names_or(const std::vector<std::string>& names, const std::string& if_none) {
  return names.empty() ? if_none : one_line(join(names, ","), 40);
}

} // namespace

void print_workers(std::ostream& out, const std::vector<worker_info>& workers,
                   const output_style& style) {
  table rows{{{.title = "WORKER", .width_min = 8},
              {"SLOTS", true},
              {"RUNNING", true},
              {.title = "RESERVED", .is_number = true, .usual = "0"},
              {.title = "KINDS", .width_min = 8},
              {.title = "QUEUES", .usual = "all", .width_min = 8},
              {"HEARTBEAT", true},
              {.title = "CONNECTED", .usual = "yes"}}};
  for (const auto& worker : workers)
    rows.add({one_line(worker.name, 40), std::to_string(worker.slots),
              std::to_string(worker.running), std::to_string(worker.reserved),
              names_or(worker.kinds, "-"), names_or(worker.queues, "all"),
              format_duration(worker.since_heartbeat) + " ago",
              worker.is_connected ? "yes" : "no"});
  rows.print(out, style);
}

} // namespace belfry::shell
