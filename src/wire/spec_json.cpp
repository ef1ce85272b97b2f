#include "wire/spec_json.hpp"

#include "wire/base64.hpp"
#include "wire/json_fields.hpp"
#include "wire/json_reader.hpp"
#include "wire/policy_words.hpp"
#include "wire/task_json.hpp"

#include "text/printable.hpp"
#include "text/utf8.hpp"
#include "time/time_text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <utility>

namespace belfry::wire {

namespace {

using json_document = nlohmann::ordered_json;

// --- writing ---

std::string utf8(const char* field, const std::string& text) {
  if (!is_utf8(text))
    throw field_error{std::string{field} + " is '" + printable(text) +
                      "', which is not UTF-8, and JSON cannot hold it"};
  return text;
}

/// Whether people can read it as it stands in a string of JSON, which is not much longer then.
bool is_readable(const std::string& payload) {
  const auto is_control = [](unsigned char c) {
    return c < 0x20 && c != '\n' && c != '\r' && c != '\t';
  };
  return std::none_of(payload.begin(), payload.end(), is_control) && is_utf8(payload);
}

void put_payload(const std::string& payload, json_document& to) {
  if (payload.empty())
    return;
  if (is_readable(payload))
    to["payload"] = payload;
  else
    to["payload_base64"] = encode_base64(payload);
}

json_document fields_of(const error_rule& rule) {
  json_document to{{"error", utf8("an error of retry", rule.error)}};
  to["is_retryable"] = rule.is_retryable;
  if (rule.delay.count() >= 0)
    to["delay"] = format_exact_duration(rule.delay);
  return to;
}

void put_retry(const retry_policy& retry, json_document& to) {
  to["retries"] = std::max(retry.attempts_max, 1U) - 1;
  retry_policy standard;
  standard.attempts_max = retry.attempts_max;
  if (retry == standard)
    return;
  auto& policy = to["retry"];
  policy["backoff"] = retry.growth == retry_policy::backoff::fixed ? "fixed" : "exponential";
  policy["delay_min"] = format_exact_duration(retry.delay_min);
  policy["delay_max"] = format_exact_duration(retry.delay_max);
  policy["jitter_percent"] = retry.jitter_percent;
  policy["crashes_max"] = retry.crashes_max;
  for (const auto& rule : retry.rules)
    policy["rules"].push_back(fields_of(rule));
}

void put_times(const task_spec& task, json_document& to) {
  if (task.due)
    to["at"] = format_utc(*task.due);
  else if (task.delay.count() != 0)
    to["in"] = format_exact_duration(task.delay);
  if (task.start_by)
    to["start_by"] = format_utc(*task.start_by);
  if (task.complete_by)
    to["complete_by"] = format_utc(*task.complete_by);
}

json_document fields_of(const task_spec& task) {
  json_document to{{"kind", utf8("kind", task.kind)}};
  put_payload(task.payload, to);
  to["queue"] = utf8("queue", task.queue);
  if (!task.key.empty())
    to["key"] = utf8("key", task.key);
  if (task.priority != 0)
    to["priority"] = task.priority;
  put_times(task, to);
  put_retry(task.retry, to);
  if (task.timeout.count() != 0)
    to["timeout"] = format_exact_duration(task.timeout);
  to["key_ttl"] = format_exact_duration(task.key_ttl);
  to["retention"] = format_exact_duration(task.retention);
  return to;
}

json_document fields_of(const schedule_spec& schedule) {
  json_document to{{"name", utf8("name", schedule.name)}};
  to["cron"] = utf8("cron", schedule.when.line);
  to["zone"] = utf8("zone", schedule.when.zone);
  to["gap"] = word_of(schedule.when.gap, gap_words);
  to["repeated_hour"] = word_of(schedule.when.repeated_hour, repeated_hour_words);
  to["misfire"] = word_of(schedule.misfire, misfire_words);
  to["overlap"] = word_of(schedule.overlap, overlap_words);
  to["catch_up"] = schedule.catch_up_max;
  to["jitter"] = format_exact_duration(schedule.jitter);
  auto task = schedule.task;
  task.due.reset();
  task.delay = duration{0};
  to["task"] = fields_of(task);
  return to;
}

// --- reading ---

template <class Policy, std::size_t Count>
Policy policy_named(const json_member& from, const std::array<const char*, Count>& words) {
  const auto word = checked(from.value.string(from.name));
  std::string expected;
  for (std::size_t number = 0; number < Count; ++number) {
    if (word == words[number])
      return static_cast<Policy>(number);
    expected += (number == 0 ? "" : ", ") + std::string{words[number]};
  }
  throw field_error{from.value.unexpected(from.name, "one of " + expected).what};
}

std::string text_of(const json_member& from) {
  return checked(from.value.string(from.name));
}

using schedule_setter = std::function<void(const json_member&, schedule_spec&)>;

const std::map<std::string, schedule_setter>& schedule_setters() {
  static const std::map<std::string, schedule_setter> all{
      {"name", [](auto& from, auto& to) { to.name = text_of(from); }},
      {"cron", [](auto& from, auto& to) { to.when.line = text_of(from); }},
      {"zone", [](auto& from, auto& to) { to.when.zone = text_of(from); }},
      {"gap",
       [](auto& from, auto& to) { to.when.gap = policy_named<gap_policy>(from, gap_words); }},
      {"repeated_hour",
       [](auto& from, auto& to) {
         to.when.repeated_hour = policy_named<repeated_hour_policy>(from, repeated_hour_words);
       }},
      {"misfire", [](auto& from,
                     auto& to) { to.misfire = policy_named<misfire_policy>(from, misfire_words); }},
      {"overlap", [](auto& from,
                     auto& to) { to.overlap = policy_named<overlap_policy>(from, overlap_words); }},
      {"catch_up",
       [](auto& from, auto& to) {
         constexpr std::int64_t count_max = std::numeric_limits<std::uint32_t>::max();
         to.catch_up_max =
             static_cast<std::uint32_t>(checked(from.value.integer(from.name, 0, count_max)));
       }},
      {"jitter",
       [](auto& from, auto& to) { to.jitter = checked(from.name, parse_duration(text_of(from))); }},
      {"task",
       [](auto& from, auto& to) {
         to.task = checked(from.name, parse_task_json(from.value.source(), {}, "UTC"));
       }},
  };
  return all;
}

schedule_spec read_schedule(const json_value& from) {
  schedule_spec to;
  for (const auto& member : checked(from.members("schedule"))) {
    const auto found = schedule_setters().find(member.name);
    if (found == schedule_setters().end())
      throw field_error{"there is no field '" + member.name + "' in schedule"};
    found->second(member, to);
  }
  for (const auto& [field, text] : {std::pair{"name", to.name}, std::pair{"cron", to.when.line},
                                    std::pair{"task", to.task.kind}})
    if (text.empty())
      throw field_error{std::string{field} + " is missing in schedule"};
  return to;
}

std::optional<schedule_spec> schedule_in(const json_value& document) {
  if (document.kind() != json_value::type::object)
    return std::nullopt;
  const auto members = checked(document.members("the line"));
  const auto found = std::find_if(members.begin(), members.end(),
                                  [](const auto& member) { return member.name == "schedule"; });
  if (found == members.end())
    return std::nullopt;
  if (members.size() > 1)
    throw field_error{"schedule and another field are both given, expected schedule alone"};
  return read_schedule(found->value);
}

template <class Spec>
result<std::string> write_line(const Spec& spec, const char* wrapper) {
  try {
    const auto fields = fields_of(spec);
    return printable((wrapper ? json_document{{wrapper, fields}} : fields).dump());
  } catch (const field_error& error) {
    return failure{errc::invalid_argument, error.what};
  }
}

} // namespace

result<std::string> write_task_json(const task_spec& task) {
  return write_line(task, nullptr);
}

result<std::string> write_schedule_json(const schedule_spec& schedule) {
  return write_line(schedule, "schedule");
}

result<std::optional<schedule_spec>> parse_schedule_json(std::string_view text) {
  const auto document = read_json(text);
  if (!document)
    return document.error();
  try {
    return schedule_in(*document);
  } catch (const field_error& error) {
    return failure{errc::invalid_argument, error.what};
  }
}

} // namespace belfry::wire
