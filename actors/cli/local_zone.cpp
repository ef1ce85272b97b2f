#include "cli/local_zone.hpp"

#include "time/time_text.hpp"

#include <date/tz.h>

#include <exception>
#include <filesystem>
#include <system_error>

namespace belfry::shell {

namespace {

constexpr auto machine_zone_file = "/etc/localtime";

result<std::string> machine_zone() {
  try {
    return date::current_zone()->name();
  } catch (const std::exception&) {
    std::error_code none;
    if (!std::filesystem::exists(machine_zone_file, none))
      return std::string{"UTC"}; // So does libc.
    return failure{errc::invalid_argument,
                   std::string{"the zone of this machine has no name: "} + machine_zone_file +
                       " is not a link into the time-zone database; set TZ or --tz to a name like "
                       "Europe/Berlin"};
  }
}

/// The name of a zone's file: what follows the folder of the time-zone database.
std::string name_of_file(const std::string& path) {
  constexpr std::string_view folder = "/zoneinfo/";
  const auto found = path.find(folder);
  return found == std::string::npos ? path : path.substr(found + folder.size());
}

} // namespace

result<std::string> local_zone(const char* variable) {
  if (!variable)
    return machine_zone();
  std::string name = variable;
  if (name.starts_with(':'))
    name.erase(0, 1);
  if (name.empty())
    return std::string{"UTC"};
  if (name == machine_zone_file)
    return machine_zone();
  if (name.starts_with('/')) {
    std::error_code none;
    const auto target = std::filesystem::weakly_canonical(name, none).string();
    name = name_of_file(name);
    if (!is_time_zone(name))
      name = name_of_file(target);
  }
  if (is_time_zone(name))
    return name;
  return failure{errc::invalid_argument,
                 "TZ is '" + std::string{variable} +
                     "', which is not in the time-zone database; expected a name like "
                     "Europe/Berlin, in TZ or --tz"};
}

} // namespace belfry::shell
