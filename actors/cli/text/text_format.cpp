#include "cli/text/text_format.hpp"

#include "os/system_clock.hpp"
#include "text/printable.hpp"
#include "time/time_text.hpp"

#include <algorithm>
#include <iostream>

namespace belfry::shell {

std::string format_time(const program& belfry, instant at) {
  const auto text = format_instant(at, belfry.zone);
  return text ? *text : format_utc(at);
}

namespace {

std::string distance_from_now(instant at) {
  const auto distance = at - system_clock{}.now();
  return distance.count() > 0 ? "in " + format_duration(distance)
                              : format_duration(-distance) + " ago";
}

} // namespace

std::string format_relative_time(const program& belfry, instant at) {
  return format_time(belfry, at) + " (" + distance_from_now(at) + ")";
}

std::string format_time_cell(const program& belfry, instant at) {
  return belfry.style.is_relative ? distance_from_now(at) : format_time(belfry, at);
}

std::string format_number(std::uint64_t number) {
  std::string text;
  const auto digits = std::to_string(number);
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0)
      text += ',';
    text += digits[i];
  }
  return text;
}

std::string format_count(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string format_state(const task_info& task) {
  std::string text{to_string(task.state)};
  if (task.attempt > 0)
    text +=
        ", attempt " + std::to_string(task.attempt) + " of " + std::to_string(task.attempts_max);
  if (task.crashes > 0)
    text += ", " + format_count(task.crashes, "worker") + " lost";
  return text;
}

std::string format_state(const schedule_info& schedule) {
  return schedule.is_paused ? "paused" : schedule.parked_reason ? "parked" : "active";
}

std::string format_node(const node_status& status) {
  return "node " + status.node + (status.version.empty() ? "" : ", version " + status.version) +
         ", up " + format_duration(status.uptime) + ", " + std::to_string(status.shards_serving) +
         " of " + std::to_string(status.shard_count) + " shards serving" +
         (status.stops_within ? ", stopping, " + format_duration(*status.stops_within) + " left"
                              : "");
}

std::string format_retry(const retry_policy& retry) {
  const auto retries = std::max(retry.attempts_max, 1U) - 1;
  std::string text = "never";
  if (retries > 0) {
    text = format_count(retries, "time") + ", after " + format_duration(retry.delay_min);
    if (retries > 1 && retry.growth == retry_policy::backoff::exponential)
      text += ", doubled each time up to " + format_duration(retry.delay_max);
    if (retries > 1 && retry.growth == retry_policy::backoff::fixed)
      text += " each";
  }
  if (!retry.rules.empty())
    text += ", with " + format_count(retry.rules.size(), "rule") + " for named errors";
  return text + "; dead after " + format_count(retry.crashes_max, "lost worker");
}

void print_complaint(std::string_view text) {
  std::cerr << "belfry: " << printable(text) << '\n';
}

} // namespace belfry::shell
