#include "os/postgres/postgres_messages.hpp"

#include <libpq-fe.h>

#include <algorithm>

namespace belfry {

namespace {

constexpr auto expected_form = "expected postgresql://user@host:port/database";

bool is_word(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char byte) {
    return (byte >= 'a' && byte <= 'z') || byte == '_';
  });
}

bool is_setting_name(std::string_view text, const std::string& uri) {
  const auto settings = uri.find('?');
  if (!is_word(text) || settings == std::string::npos ||
      uri.find('@', settings) != std::string::npos)
    return false;
  const std::string name(text);
  return uri.find('?' + name, settings) != std::string::npos ||
         uri.find('&' + name, settings) != std::string::npos;
}

/// Whether one of the hosts, with commas between them, has an `@` that does not begin it (as that
/// of an abstract socket does). Directories of sockets may have any.
bool has_inner_at(const std::string& hosts) {
  if (hosts.starts_with('/'))
    return false;
  for (std::size_t at = 1; at < hosts.size(); ++at)
    if (hosts[at] == '@' && hosts[at - 1] != ',')
      return true;
  return false;
}

/// What libpq has made of a password whose `/` or `@` is not encoded; empty: it read none so. libpq
/// would repeat it when it connects.
std::string misread_password_error(const PQconninfoOption* settings) {
  for (const auto* setting = settings; setting->keyword != nullptr; ++setting) {
    const std::string_view name = setting->keyword;
    const std::string value = setting->val != nullptr ? setting->val : "";
    if (name == "port" && value.find_first_not_of("0123456789, ") != std::string::npos)
      return "the port is not a number; a / in a password is written %2F";
    if (name == "host" && has_inner_at(value))
      return "the host contains an @; in a password it is written %40";
  }
  return {};
}

} // namespace

std::string single_line(std::string_view text) {
  std::string line;
  for (const auto byte : text) {
    const bool is_space = byte == '\n' || byte == '\t' || byte == ' ';
    if (!is_space)
      line.push_back(byte);
    else if (!line.empty() && line.back() != ' ')
      line.push_back(' ');
  }
  while (!line.empty() && line.back() == ' ')
    line.pop_back();
  return line;
}

std::string without_quoted_secrets(const std::string& reason, const std::string& uri) {
  // What libpq quotes may have quotes itself: then the quoted texts cannot be told apart.
  const bool has_quotes =
      uri.find('"') != std::string::npos || uri.find("%22") != std::string::npos;
  std::string text;
  std::size_t next = 0;
  for (auto begin = reason.find('"'); begin != std::string::npos; begin = reason.find('"', next)) {
    const auto end = has_quotes ? reason.rfind('"') : reason.find('"', begin + 1);
    if (end == std::string::npos || end == begin)
      return text + reason.substr(next, begin - next) + "…";
    const auto quoted = reason.substr(begin + 1, end - begin - 1);
    text += reason.substr(next, begin - next);
    text += is_setting_name(quoted, uri) ? '"' + quoted + '"' : "…";
    next = end + 1;
  }
  return text + reason.substr(next);
}

std::string postgres_uri_error(const std::string& uri) {
  if (uri.find_first_not_of(" \t\n") == std::string::npos)
    return std::string("the PostgreSQL address is empty: ") + expected_form;
  char* error = nullptr;
  auto* const parsed = PQconninfoParse(uri.c_str(), &error);
  const auto reason = parsed ? misread_password_error(parsed)
                             : without_quoted_secrets(single_line(error ? error : ""), uri);
  const bool is_valid = parsed && reason.empty();
  PQconninfoFree(parsed);
  PQfreemem(error);
  return is_valid ? "" : "not a PostgreSQL address (" + reason + "): " + expected_form;
}

} // namespace belfry
