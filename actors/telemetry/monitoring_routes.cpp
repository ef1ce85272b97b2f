#include "telemetry/monitoring_routes.hpp"

#include "metrics/health.hpp"
#include "metrics/metrics_page.hpp"
#include "metrics/prometheus_text.hpp"
#include "telemetry/health_json.hpp"

#include <memory>
#include <string>
#include <utility>

namespace belfry {

namespace {

http_response readiness(const health_report& health) {
  if (health.is_ready)
    return {.body = "ready\n"};
  std::string names;
  for (const auto& problem : health.problems)
    names += " " + problem.name;
  return {.status = 503, .body = "not ready:" + names + "\n"};
}

/// `answer` makes the response of what the node says, on the server's thread: that of the metrics
/// collector serves connections, too.
template <class Answer>
http_route route(const std::string& path, const metrics_source& ask, bool needs_token,
                 Answer answer) {
  return {.method = "GET",
          .path = path,
          .handle =
              [ask, answer](const http_request&, http_reply reply) {
                ask([answer, reply = std::move(reply)](const node_metrics& node) {
                  reply.when_sent([answer, copy = std::make_shared<const node_metrics>(node)] {
                    return answer(*copy);
                  });
                });
              },
          .needs_token = needs_token};
}

} // namespace

std::vector<http_route> monitoring_routes(metrics_source ask,
                                          std::function<process_usage()> read_usage) {
  auto page = std::make_shared<metrics_page>(); // Used by the server's thread only.
  return {
      route("/metrics", ask, true,
            [page, read_usage = std::move(read_usage)](const node_metrics& node) {
              return http_response{.content_type = prometheus_text::content_type,
                                   .body = page->render(node, read_usage())};
            }),
      route("/v1/health", ask, true,
            [](const node_metrics& node) {
              return http_response{.content_type = "application/json",
                                   .body = to_json(assess(node)).dump() + "\n"};
            }),
      route("/readyz", ask, false,
            [](const node_metrics& node) { return readiness(assess(node)); }),
      {.method = "GET",
       .path = "/healthz",
       .handle = [](const http_request&, const http_reply& reply) { reply({.body = "alive\n"}); },
       .needs_token = false}};
}

} // namespace belfry
