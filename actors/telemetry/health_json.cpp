#include "telemetry/health_json.hpp"

#include "text/printable.hpp"

#include <string>

namespace belfry {

namespace {

using json = nlohmann::ordered_json;

json json_of(const queue_health& queue) {
  return {{"queue", printable(queue.queue)},
          {"is_ok", queue.is_ok},
          {"verdict", std::string{to_string(queue.verdict)}},
          {"text", printable(queue.text)},
          {"scheduled", queue.scheduled},
          {"ready", queue.ready},
          {"reserved", queue.reserved},
          {"running", queue.running},
          {"dead", queue.dead},
          {"oldest_ready_age_ms", queue.oldest_ready_age.count()}};
}

} // namespace

nlohmann::ordered_json to_json(const health_report& report) {
  json to{{"node", printable(report.node)},
          {"is_ok", report.is_ok},
          {"is_ready", report.is_ready},
          {"problems", json::array()},
          {"queues", json::array()}};
  for (const auto& problem : report.problems)
    to["problems"].push_back(
        json{{"name", printable(problem.name)}, {"text", printable(problem.text)}});
  for (const auto& queue : report.queues)
    to["queues"].push_back(json_of(queue));
  return to;
}

} // namespace belfry
