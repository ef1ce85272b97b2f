#include "os/handlers/exec_environment.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace belfry {

namespace {

constexpr std::array<std::string_view, 7> withheld{
    "BELFRY_SECRET_FILE", "BELFRY_STORE", "BELFRY_INSECURE", "NOTIFY_SOCKET",
    "LISTEN_PID",         "LISTEN_FDS",   "LISTEN_FDNAMES"};
constexpr std::array<std::string_view, 2> withheld_prefixes{"BELFRY_TLS_", "WATCHDOG_"};
constexpr std::array<std::string_view, 9> of_a_login{
    "HOME", "LANG", "LANGUAGE", "LOGNAME", "PATH", "SHELL", "TMPDIR", "TZ", "USER"};

template <class List>
bool has(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

bool is_withheld(std::string_view name, exec_environment choice) {
  if (choice.is_clean)
    return !has(of_a_login, name) && !name.starts_with("LC_");
  if (choice.has_database_password && name == "PGPASSWORD")
    return true;
  return has(withheld, name) ||
         std::any_of(withheld_prefixes.begin(), withheld_prefixes.end(),
                     [&](std::string_view prefix) { return name.starts_with(prefix); });
}

} // namespace

std::map<std::string, std::string> command_environment(exec_environment choice) {
  std::map<std::string, std::string> all;
  for (auto* variable = environ; variable && *variable; ++variable) {
    const std::string_view line{*variable};
    const auto equals = line.find('=');
    if (equals != std::string_view::npos && !is_withheld(line.substr(0, equals), choice))
      all.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  return all;
}

} // namespace belfry
