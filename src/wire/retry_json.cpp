#include "wire/retry_json.hpp"

#include "wire/json_fields.hpp"
#include "wire/json_reader.hpp"

#include "time/time_text.hpp"

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace belfry::wire {

namespace {

duration pause_of(const json_member& from) {
  return checked(from.name, parse_duration(checked(from.value.string(from.name))));
}

std::uint32_t count_of(const json_member& from) {
  constexpr std::int64_t count_max = std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(checked(from.value.integer(from.name, 0, count_max)));
}

retry_policy::backoff backoff_of(const json_member& from) {
  const auto word = checked(from.value.string(from.name));
  if (word == "fixed")
    return retry_policy::backoff::fixed;
  if (word == "exponential")
    return retry_policy::backoff::exponential;
  throw field_error{from.value.unexpected(from.name, "fixed or exponential").what};
}

error_rule error_rule_of(const json_value& from) {
  error_rule to;
  for (const auto& member : checked(from.members("a rule"))) {
    if (member.name == "error")
      to.error = checked(member.value.string("error"));
    else if (member.name == "is_retryable")
      to.is_retryable = checked(member.value.boolean("is_retryable"));
    else if (member.name == "delay")
      to.delay = pause_of(member);
    else
      throw field_error{"there is no field '" + member.name + "' in a rule"};
  }
  return to;
}

std::vector<error_rule> error_rules_of(const json_member& from) {
  std::vector<error_rule> to;
  for (const auto& rule : checked(from.value.elements(from.name)))
    to.push_back(error_rule_of(rule));
  return to;
}

void read_field(const json_member& from, retry_policy& to) {
  if (from.name == "backoff")
    to.growth = backoff_of(from);
  else if (from.name == "delay_min")
    to.delay_min = pause_of(from);
  else if (from.name == "delay_max")
    to.delay_max = pause_of(from);
  else if (from.name == "jitter_percent")
    to.jitter_percent = count_of(from);
  else if (from.name == "crashes_max")
    to.crashes_max = count_of(from);
  else if (from.name == "rules")
    to.rules = error_rules_of(from);
  else
    throw field_error{"there is no field '" + from.name + "' in retry"};
}

} // namespace

void read_retry(const json_value& from, retry_policy& to) {
  for (const auto& member : checked(from.members("retry")))
    read_field(member, to);
}

} // namespace belfry::wire
