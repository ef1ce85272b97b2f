#include "cli/local_zone.hpp"

#include <catch2/catch.hpp>

using namespace belfry::shell;

TEST_CASE("TZ names a zone in each form of libc that has a name", "[cli]") {
  CHECK(*local_zone("Europe/Berlin") == "Europe/Berlin");
  CHECK(*local_zone(":Europe/Berlin") == "Europe/Berlin");
  CHECK(*local_zone("/usr/share/zoneinfo/Europe/Berlin") == "Europe/Berlin");
  CHECK(*local_zone(":/usr/share/zoneinfo/Europe/Berlin") == "Europe/Berlin");
  CHECK(*local_zone("") == "UTC");
  CHECK(*local_zone(":") == "UTC");
  CHECK(*local_zone("/etc/localtime") == *local_zone(nullptr));
}

TEST_CASE("a TZ that names no zone is refused", "[cli]") {
  for (const auto* text : {"CET-1CEST,M3.5.0,M10.5.0/3", "UTC+2", "Europe/Berln", ":Europe/Berln",
                           "/usr/share/zoneinfo/Europe/Berln", "/etc/passwd"}) {
    const auto zone = local_zone(text);
    INFO(text);
    REQUIRE_FALSE(zone.ok());
    CHECK(zone.error().what == "TZ is '" + std::string{text} +
                                   "', which is not in the time-zone database; expected a name "
                                   "like Europe/Berlin, in TZ or --tz");
  }
}
