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
  const bool is_valid = parsed != nullptr;
  const auto reason = without_quoted_secrets(single_line(error ? error : ""), uri);
  PQconninfoFree(parsed);
  PQfreemem(error);
  return is_valid ? "" : "not a PostgreSQL address (" + reason + "): " + expected_form;
}

} // namespace belfry
