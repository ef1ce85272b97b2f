#include "os/handlers/exec.hpp"

#include <nlohmann/json.hpp>

#include <set>

namespace belfry {

namespace {

using nlohmann::json;

/// Thrown inside this file only; becomes a failure.
struct field_error {
  std::string message;
};

std::string text_of(const json& from, const std::string& field) {
  if (!from.is_string())
    throw field_error{field + " is " + from.type_name() + ", expected a string"};
  auto text = from.get<std::string>();
  if (text.find('\0') != std::string::npos)
    throw field_error{field + " holds a zero byte"};
  return text;
}

void read_command(const json& from, exec_payload& to) {
  if (to.shell) {
    to.command = {text_of(from, "command (with shell)")};
  } else {
    if (!from.is_array())
      throw field_error{std::string{"command is "} + from.type_name() +
                        ", expected an array of strings; one string needs \"shell\": true"};
    for (std::size_t n = 0; n < from.size(); ++n)
      to.command.push_back(text_of(from[n], "command[" + std::to_string(n) + "]"));
  }
  if (to.command.empty() || to.command.front().empty())
    throw field_error{"command is empty"};
}

void read_environment(const json& from, exec_payload& to) {
  if (!from.is_object())
    throw field_error{std::string{"environment is "} + from.type_name() + ", expected an object"};
  for (const auto& [name, value] : from.items()) {
    if (name.empty() || name.find('=') != std::string::npos || name.find('\0') != std::string::npos)
      throw field_error{"environment has the name '" + name + "', expected one without '='"};
    to.environment[name] = text_of(value, "environment." + name);
  }
}

void read_stdin(const json& from, exec_payload& to) {
  if (!from.is_string())
    throw field_error{std::string{"stdin is "} + from.type_name() + ", expected a string"};
  to.stdin_text = from.get<std::string>();
}

exec_payload read(const json& from) {
  static const std::set<std::string> fields{"command", "shell", "environment", "directory",
                                            "stdin"};
  if (!from.is_object())
    throw field_error{std::string{"the payload is "} + from.type_name() + ", expected an object"};
  for (const auto& [name, value] : from.items()) {
    if (!fields.contains(name))
      throw field_error{"there is no field '" + name + "'"};
  }
  exec_payload to;
  if (from.contains("shell")) {
    if (!from["shell"].is_boolean())
      throw field_error{std::string{"shell is "} + from["shell"].type_name() +
                        ", expected true or false"};
    to.shell = from["shell"].get<bool>();
  }
  if (!from.contains("command"))
    throw field_error{"command is missing"};
  read_command(from["command"], to);
  if (from.contains("environment"))
    read_environment(from["environment"], to);
  if (from.contains("directory"))
    to.directory = text_of(from["directory"], "directory");
  if (from.contains("stdin"))
    read_stdin(from["stdin"], to);
  return to;
}

failure invalid(const std::string& problem) {
  return {errc::invalid_argument, "exec: " + problem};
}

} // namespace

result<std::string> write(const exec_payload& from) {
  json to;
  if (from.shell) {
    if (from.command.size() != 1)
      return invalid("a shell command is one string");
    to["shell"] = true;
    to["command"] = from.command.front();
  } else {
    to["command"] = from.command;
  }
  if (!from.environment.empty())
    to["environment"] = from.environment;
  if (!from.directory.empty())
    to["directory"] = from.directory;
  if (!from.stdin_text.empty())
    to["stdin"] = from.stdin_text;
  try {
    (void)read(to);
    return to.dump();
  } catch (const field_error& error) {
    return invalid(error.message);
  } catch (const json::exception& error) {
    return invalid(std::string{"not valid UTF-8: "} + error.what());
  }
}

result<exec_payload> parse_exec_payload(const std::string& text) {
  try {
    return read(json::parse(text));
  } catch (const field_error& error) {
    return invalid(error.message);
  } catch (const json::exception& error) {
    return invalid(std::string{"not a JSON document: "} + error.what());
  }
}

} // namespace belfry
