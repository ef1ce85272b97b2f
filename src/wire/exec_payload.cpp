#include "wire/exec_payload.hpp"

#include "wire/json_fields.hpp"
#include "wire/json_reader.hpp"

#include <nlohmann/json.hpp>

#include <set>
#include <utility>

namespace belfry {

namespace {

using nlohmann::json;
using wire::checked;
using wire::field_error;
using wire::json_value;

std::string text_of(const json_value& from, const std::string& field) {
  auto text = checked(from.string(field));
  if (text.find('\0') != std::string::npos)
    throw field_error{field + " holds a zero byte"};
  return text;
}

void read_command(const json_value& from, exec_payload& to) {
  if (to.shell) {
    to.command = {text_of(from, "command (with shell)")};
  } else {
    if (from.kind() != json_value::type::array)
      throw field_error{
          from.unexpected("command", "an array of strings; one string needs \"shell\": true").what};
    for (const auto& word : checked(from.elements("command")))
      to.command.push_back(text_of(word, "command[" + std::to_string(to.command.size()) + "]"));
  }
  if (to.command.empty() || to.command.front().empty())
    throw field_error{"command is empty"};
}

void read_environment(const json_value& from, exec_payload& to) {
  for (const auto& [name, value] : checked(from.members("environment"))) {
    if (name.empty() || name.find('=') != std::string::npos || name.find('\0') != std::string::npos)
      throw field_error{"environment has the name '" + name + "', expected one without '='"};
    to.environment[name] = text_of(value, "environment." + name);
  }
}

exec_payload read(const json_value& from) {
  exec_payload to;
  const json_value* command = nullptr;
  const auto fields = checked(from.members("the payload"));
  for (const auto& [name, value] : fields) {
    if (name == "command")
      command = &value; // What it may be depends on `shell`.
    else if (name == "shell")
      to.shell = checked(value.boolean("shell"));
    else if (name == "environment")
      read_environment(value, to);
    else if (name == "directory")
      to.directory = text_of(value, "directory");
    else if (name == "stdin")
      to.stdin_text = checked(value.string("stdin"));
    else
      throw field_error{"there is no field '" + name + "'"};
  }
  if (!command)
    throw field_error{"command is missing"};
  read_command(*command, to);
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
    auto text = to.dump();
    return parse_exec_payload(text).transform([&](const auto&) { return std::move(text); });
  } catch (const json::exception&) {
    return invalid("not valid UTF-8");
  }
}

result<exec_payload> parse_exec_payload(const std::string& text) {
  const auto document = wire::read_json(text);
  if (!document)
    return invalid(document.error().what);
  try {
    return read(*document);
  } catch (const field_error& error) {
    return invalid(error.what);
  }
}

} // namespace belfry
