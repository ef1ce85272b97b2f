#pragma once

#include "metrics/node_metrics.hpp"
#include "metrics/process_usage.hpp"
#include "os/http/http_server.hpp"

#include <functional>
#include <vector>

namespace belfry {

/// Asks for the metrics of a node; the argument is called once, on any thread, or never.
using metrics_source = std::function<void(std::function<void(const node_metrics&)>)>;

/// What a node tells over HTTP about itself:
///
///     GET /metrics     for Prometheus
///     GET /v1/health   the verdict on the node and on each queue, in JSON
///     GET /readyz      200 if the node takes tasks, or 503; needs no token
///     GET /healthz     200 if the process lives; needs no token
[[nodiscard]] std::vector<http_route> monitoring_routes(metrics_source ask,
                                                        std::function<process_usage()> read_usage);

} // namespace belfry
