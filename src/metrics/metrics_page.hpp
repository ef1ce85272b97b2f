#pragma once

#include "metrics/node_metrics.hpp"
#include "metrics/process_usage.hpp"

#include <cstddef>
#include <map>
#include <set>
#include <string>

namespace belfry {

/// Which names are shown as labels: the first that come, up to a limit, and for ever, so that no
/// series disappears or decreases. All others are `other`.
template <class Name>
class label_limit {
public:
  explicit label_limit(std::size_t names_max) : names_max_(names_max) {}

  /// Whether `name` is shown by itself. O(log n).
  bool admit(const Name& name) {
    if (admitted_.contains(name))
      return true;
    return admitted_.size() < names_max_ && admitted_.insert(name).second;
  }

private:
  const std::size_t names_max_;
  std::set<Name> admitted_;
};

/// Shows a node's metrics to Prometheus: docs/monitoring.md has the names. At most 200 queues, and
/// 200 queues with kinds, are named, the rest is `other`.
///
/// Belongs to one node, for as long as its process lives.
class metrics_page {
public:
  /// The text of one scrape. O(n log n) in the queues and lanes.
  [[nodiscard]] std::string render(const node_metrics& node, const process_usage& process);

private:
  [[nodiscard]] std::map<std::string, queue_metrics> shown_queues(const node_metrics& node);
  [[nodiscard]] std::map<task_counters::name, event_counts> shown_counts(const node_metrics& node);
  [[nodiscard]] std::map<std::string, duration> oldest_ages(const node_metrics& node);
  [[nodiscard]] std::map<std::string, std::uint64_t> without_worker(const node_metrics& node);
  [[nodiscard]] const std::string& shown_queue(const std::string& queue);

  static constexpr std::size_t names_max = task_counters::names_max;

  label_limit<std::string> queues_{names_max};
  label_limit<std::string> kinds_{names_max};
  label_limit<task_counters::name> pairs_{names_max};
};

} // namespace belfry
