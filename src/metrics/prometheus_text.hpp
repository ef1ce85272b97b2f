#pragma once

#include "metrics/duration_histogram.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace belfry {

/// Names and values of labels. Names are words of this program; values may be any bytes.
using metric_labels = std::vector<std::pair<std::string_view, std::string_view>>;

/// Writes the text format of Prometheus, version 0.0.4:
///
///     # HELP belfry_tasks Tasks that a shard keeps, by state.
///     # TYPE belfry_tasks gauge
///     belfry_tasks{queue="mail",state="ready"} 17
///
/// Linear in the text.
class prometheus_text {
public:
  static constexpr auto content_type = "text/plain; version=0.0.4; charset=utf-8";

  /// The samples that follow are of this family. Requires: no family has this name yet.
  void begin_family(std::string_view name, std::string_view type, std::string_view help);

  /// A sample of the family. Requires: none of it has had these labels.
  void add(const metric_labels& labels, std::uint64_t value);
  /// In seconds, exact to the millisecond.
  void add(const metric_labels& labels, duration value);
  void add(const metric_labels& labels, const duration_histogram& value);

  [[nodiscard]] std::string take() { return std::move(text_); }

private:
  void write_name(std::string_view suffix, const metric_labels& labels,
                  std::string_view bound = {});

  std::string text_;
  std::string family_;
};

/// `3.25`, from milliseconds.
[[nodiscard]] std::string seconds_text(std::int64_t ms);

} // namespace belfry
