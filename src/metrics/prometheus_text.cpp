#include "metrics/prometheus_text.hpp"

#include "text/printable.hpp"

#include <cstddef>

namespace belfry {

namespace {

/// Prometheus refuses a whole page for one byte that is not UTF-8.
void append_value(std::string_view value, std::string& to) {
  for (const auto letter : printable(value)) {
    if (letter == '"' || letter == '\\')
      to += '\\';
    to += letter;
  }
}

} // namespace

std::string seconds_text(std::int64_t ms) {
  if (ms < 0)
    return "-" + seconds_text(-ms);
  auto text = std::to_string(ms / 1'000);
  if (ms % 1'000 == 0)
    return text;
  auto fraction = std::to_string(1'000 + ms % 1'000);
  fraction.front() = '.';
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return text + fraction;
}

void prometheus_text::begin_family(std::string_view name, std::string_view type,
                                   std::string_view help) {
  family_ = name;
  text_.append("# HELP ").append(name).append(" ").append(help).append("\n");
  text_.append("# TYPE ").append(name).append(" ").append(type).append("\n");
}

void prometheus_text::add(const metric_labels& labels, std::uint64_t value) {
  write_name("", labels);
  text_ += std::to_string(value) + "\n";
}

void prometheus_text::add(const metric_labels& labels, duration value) {
  write_name("", labels);
  text_ += seconds_text(value.count()) + "\n";
}

void prometheus_text::add(const metric_labels& labels, const duration_histogram& value) {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < duration_histogram::bounds_ms.size(); ++i) {
    total += value.count(i);
    write_name("_bucket", labels, seconds_text(duration_histogram::bounds_ms[i]));
    text_ += std::to_string(total) + "\n";
  }
  total += value.count(duration_histogram::bounds_ms.size());
  write_name("_bucket", labels, "+Inf");
  text_ += std::to_string(total) + "\n";
  write_name("_sum", labels);
  text_ += seconds_text(static_cast<std::int64_t>(value.sum_ms())) + "\n";
  write_name("_count", labels);
  text_ += std::to_string(total) + "\n";
}

void prometheus_text::write_name(std::string_view suffix, const metric_labels& labels,
                                 std::string_view bound) {
  text_.append(family_).append(suffix);
  auto separator = '{';
  const auto append = [&](std::string_view name, std::string_view value) {
    (text_ += separator).append(name).append("=\"");
    append_value(value, text_);
    text_ += '"';
    separator = ',';
  };
  for (const auto& [name, value] : labels)
    append(name, value);
  if (!bound.empty())
    append("le", bound);
  text_.append(separator == ',' ? "} " : " ");
}

} // namespace belfry
