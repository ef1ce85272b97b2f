#include "cli/spec_json.hpp"

#include "cli/text/base64.hpp"

#include "os/handlers/exec.hpp"
#include "time/time_text.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <map>
#include <utility>

namespace belfry::shell {

namespace {

using nlohmann::json;

/// Thrown inside this file only; becomes a failure.
struct field_error {
  std::string what;
};

template <class Value>
Value checked(const std::string& field, result<Value> read) {
  if (!read)
    throw field_error{field + ": " + read.error().what};
  return std::move(*read);
}

std::string text_of(const std::string& field, const json& from) {
  if (!from.is_string())
    throw field_error{field + " is " + from.dump() + ", expected a string"};
  return from.get<std::string>();
}

std::int32_t number_of(const std::string& field, const json& from, std::int32_t least,
                       std::int32_t most) {
  if (!from.is_number_integer() || from.get<std::int64_t>() < least ||
      from.get<std::int64_t>() > most)
    throw field_error{field + " is " + from.dump() + ", expected a whole number from " +
                      std::to_string(least) + " to " + std::to_string(most)};
  return from.get<std::int32_t>();
}

duration duration_of(const std::string& field, const json& from) {
  return checked(field, parse_duration(text_of(field, from)));
}

std::string command_of(const json& from) {
  exec_payload payload;
  payload.shell = from.is_string();
  if (payload.shell)
    payload.command = {from.get<std::string>()};
  else if (from.is_array())
    for (const auto& word : from)
      payload.command.push_back(text_of("command", word));
  else
    throw field_error{"command is " + from.dump() +
                      ", expected an array of strings, or a string for "
                      "the shell"};
  return checked("command", write(payload));
}

std::string bytes_of(const json& from) {
  auto bytes = decode_base64(text_of("payload_base64", from));
  if (!bytes)
    throw field_error{"payload_base64 is not base64 text"};
  return std::move(*bytes);
}

using setter = std::function<void(const json&, task_spec&, const std::string& zone)>;

const std::map<std::string, setter>& setters() {
  static const std::map<std::string, setter> all{
      {"kind", [](auto& from, auto& to, auto&) { to.kind = text_of("kind", from); }},
      {"queue", [](auto& from, auto& to, auto&) { to.queue = text_of("queue", from); }},
      {"key", [](auto& from, auto& to, auto&) { to.key = text_of("key", from); }},
      {"payload",
       [](auto& from, auto& to, auto&) {
         to.payload = from.is_string() ? from.template get<std::string>() : from.dump();
       }},
      {"payload_base64", [](auto& from, auto& to, auto&) { to.payload = bytes_of(from); }},
      {"command",
       [](auto& from, auto& to, auto&) {
         to.payload = command_of(from);
         if (to.kind.empty())
           to.kind = "exec";
       }},
      {"priority",
       [](auto& from, auto& to, auto&) { to.priority = number_of("priority", from, -100, 100); }},
      {"retries",
       [](auto& from, auto& to, auto&) {
         to.retry.attempts_max =
             static_cast<std::uint32_t>(number_of("retries", from, 0, 1'000'000)) + 1;
       }},
      {"in",
       [](auto& from, auto& to, auto&) {
         to.delay = duration_of("in", from);
         to.due.reset();
       }},
      {"at",
       [](auto& from, auto& to, auto& zone) {
         to.due = checked("at", parse_instant(text_of("at", from), zone));
         to.delay = duration{0};
       }},
      {"start_by",
       [](auto& from, auto& to, auto& zone) {
         to.start_by = checked("start_by", parse_instant(text_of("start_by", from), zone));
       }},
      {"timeout", [](auto& from, auto& to, auto&) { to.timeout = duration_of("timeout", from); }},
      {"key_ttl", [](auto& from, auto& to, auto&) { to.key_ttl = duration_of("key_ttl", from); }},
      {"retention",
       [](auto& from, auto& to, auto&) { to.retention = duration_of("retention", from); }},
  };
  return all;
}

} // namespace

result<task_spec> parse_task_line(const std::string& line, const task_spec& defaults,
                                  const std::string& zone) {
  try {
    const auto document = json::parse(line);
    if (!document.is_object())
      throw field_error{"expected a JSON object such as {\"kind\": \"mail\", \"payload\": \"…\"}"};
    auto task = defaults;
    for (const auto& [field, value] : document.items()) {
      const auto found = setters().find(field);
      if (found == setters().end())
        throw field_error{"there is no field '" + field + "'"};
      found->second(value, task, zone);
    }
    if (task.kind.empty())
      throw field_error{"kind is missing"};
    return task;
  } catch (const field_error& error) {
    return failure{errc::invalid_argument, error.what};
  } catch (const json::exception& error) {
    return failure{errc::invalid_argument, std::string{"not a JSON document: "} + error.what()};
  }
}

} // namespace belfry::shell
