#include "wire/task_json.hpp"

#include "wire/base64.hpp"
#include "wire/exec_payload.hpp"
#include "wire/json_fields.hpp"
#include "wire/json_reader.hpp"
#include "wire/retry_json.hpp"

#include "task/validate.hpp"
#include "time/retry.hpp"
#include "time/time_text.hpp"

#include <array>
#include <functional>
#include <map>
#include <set>
#include <utility>

namespace belfry::wire {

namespace {

/// One field of the object.
struct field_text {
  const std::string& name;
  const json_value& value;
  const std::string& zone;

  [[nodiscard]] std::string string() const { return checked(value.string(name)); }
  /// An empty text would count as none: a variable that was not set must not go unnoticed.
  [[nodiscard]] std::string nonempty_string() const {
    auto text = string();
    if (text.empty())
      throw field_error{name + " is empty; leave it out, or give it a value"};
    return text;
  }
  [[nodiscard]] std::int64_t integer(std::int64_t min, std::int64_t max) const {
    return checked(value.integer(name, min, max));
  }
  [[nodiscard]] duration length() const { return checked(name, parse_duration(string())); }
  [[nodiscard]] instant time() const { return checked(name, parse_instant(string(), zone)); }
};

std::string payload_of(const field_text& from) {
  return from.value.kind() == json_value::type::string ? from.string()
                                                       : std::string{from.value.source()};
}

std::string bytes_of(const field_text& from) {
  auto bytes = decode_base64(from.string());
  if (!bytes)
    throw field_error{from.value.unexpected(from.name, "base64 text").what};
  return std::move(*bytes);
}

std::string command_of(const field_text& from) {
  exec_payload payload;
  payload.shell = from.value.kind() == json_value::type::string;
  if (payload.shell)
    payload.command = {from.string()};
  else if (from.value.kind() == json_value::type::array)
    for (const auto& word : checked(from.value.elements(from.name)))
      payload.command.push_back(checked(word.string("command")));
  else
    throw field_error{
        from.value.unexpected("command", "an array of strings, or a string for the shell").what};
  return checked("command", write(payload));
}

using setter = std::function<void(const field_text&, task_spec&)>;

const std::map<std::string, setter>& setters() {
  static const std::map<std::string, setter> all{
      {"kind", [](auto& from, auto& to) { to.kind = from.nonempty_string(); }},
      {"queue", [](auto& from, auto& to) { to.queue = from.nonempty_string(); }},
      {"key", [](auto& from, auto& to) { to.key = from.nonempty_string(); }},
      {"payload", [](auto& from, auto& to) { to.payload = payload_of(from); }},
      {"payload_base64", [](auto& from, auto& to) { to.payload = bytes_of(from); }},
      {"command", [](auto& from, auto& to) { to.payload = command_of(from); }},
      {"priority",
       [](auto& from, auto& to) {
         to.priority = static_cast<std::int32_t>(from.integer(priority_min, priority_max));
       }},
      {"retries",
       [](auto& from, auto& to) {
         to.retry.attempts_max = static_cast<std::uint32_t>(from.integer(0, retries_max)) + 1;
       }},
      {"retry", [](auto& from, auto& to) { read_retry(from.value, to.retry); }},
      {"in",
       [](auto& from, auto& to) {
         to.delay = from.length();
         to.due.reset();
       }},
      {"at",
       [](auto& from, auto& to) {
         to.due = from.time();
         to.delay = duration{0};
       }},
      {"start_by", [](auto& from, auto& to) { to.start_by = from.time(); }},
      {"complete_by", [](auto& from, auto& to) { to.complete_by = from.time(); }},
      {"timeout", [](auto& from, auto& to) { to.timeout = from.length(); }},
      {"key_ttl", [](auto& from, auto& to) { to.key_ttl = from.length(); }},
      {"retention", [](auto& from, auto& to) { to.retention = from.length(); }},
  };
  return all;
}

void check_contradictions(const std::set<std::string>& given, const task_spec& task) {
  constexpr std::array<std::pair<const char*, const char*>, 4> exclusive{
      std::pair{"in", "at"}, std::pair{"payload", "payload_base64"},
      std::pair{"payload", "command"}, std::pair{"payload_base64", "command"}};
  for (const auto& [left, right] : exclusive)
    if (given.contains(left) && given.contains(right))
      throw field_error{std::string{left} + " and " + right +
                        " are both given, expected one of them"};
  if (given.contains("command") && given.contains("kind") && task.kind != "exec")
    throw field_error{"command is for the kind exec, but kind is '" + task.kind + "'"};
}

task_spec read(const json_value& document, const task_spec& defaults, const std::string& zone) {
  if (document.kind() != json_value::type::object)
    throw field_error{
        document.unexpected("the task", R"(a JSON object such as {"kind": "mail", "payload": "…"})")
            .what};
  auto task = defaults;
  std::set<std::string> given;
  for (const auto& [name, value] : checked(document.members("the task"))) {
    const auto found = setters().find(name);
    if (found == setters().end())
      throw field_error{"there is no field '" + name + "'"};
    found->second({name, value, zone}, task);
    given.insert(name);
  }
  check_contradictions(given, task);
  if (given.contains("command"))
    task.kind = "exec";
  if (task.kind.empty())
    throw field_error{"kind is missing"};
  return task;
}

} // namespace

result<task_spec> parse_task_json(std::string_view text, const task_spec& defaults,
                                  const std::string& zone) {
  const auto document = read_json(text);
  if (!document)
    return document.error();
  try {
    return read(*document, defaults, zone);
  } catch (const field_error& error) {
    return failure{errc::invalid_argument, error.what};
  }
}

} // namespace belfry::wire
