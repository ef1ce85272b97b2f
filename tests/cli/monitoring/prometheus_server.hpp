#pragma once

#include "cluster/child_process.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <set>
#include <string>

namespace belfry::test {

/// A real Prometheus (Debian's package) that scrapes one node every two seconds, as the job
/// `belfry`, with the rules of docs/monitoring/alerts.yml: in their ranges and in what must hold
/// `for` a while, a minute lasts two seconds. Thresholds stay as they are. Killed when destroyed.
class prometheus_server {
public:
  /// Whether there is one on this machine; says so in the test's output if not.
  [[nodiscard]] static bool is_installed();

  /// Keeps its files in `directory`.
  prometheus_server(const std::string& directory, std::uint16_t node_http_port);

  /// `alert label`, for each that fires; the label is that of the queue, the kind or the instance.
  [[nodiscard]] std::set<std::string> firing_alerts() const;
  /// The numbers that an expression has now. The test fails if it has an error.
  [[nodiscard]] std::multiset<double> values_of(const std::string& expression) const;

private:
  [[nodiscard]] nlohmann::json get(const std::string& path) const;

  child_process process_;
  std::uint16_t port_ = 0;
};

} // namespace belfry::test
