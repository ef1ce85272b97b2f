#include "cli/text/schedule_notes.hpp"

#include <catch2/catch.hpp>

using namespace belfry;
using namespace belfry::shell;
using namespace std::chrono_literals;

namespace {

// 2026-12-30 22:30:00 UTC.
constexpr instant late_in_the_year = instant_of_ms(1'798'669'800'000);

schedule_spec due_at(const std::string& line) {
  schedule_spec spec;
  spec.name = "some";
  spec.when.line = line;
  return spec;
}

} // namespace

TEST_CASE("the next times of a schedule are those of its line", "[cli]") {
  CHECK(next_times(due_at("0 * * * *"), late_in_the_year, 3) ==
        std::vector<instant>{late_in_the_year + 30min, late_in_the_year + 90min,
                             late_in_the_year + 150min});
  CHECK(next_times(due_at("0 0 30 2 *"), late_in_the_year, 3).empty());
  CHECK(next_times(due_at("nonsense"), late_in_the_year, 3).empty());
}

TEST_CASE("next times show what differs from the one before", "[cli]") {
  const auto shown = [](const std::string& line, const std::string& zone) {
    return next_times_text(next_times(due_at(line), late_in_the_year, 3), zone);
  };
  CHECK(shown("*/40 * * * *", "UTC") == "2026-12-30 22:40:00, 23:00:00, 23:40:00");
  CHECK(shown("0 * * * *", "UTC") == "2026-12-30 23:00:00, 12-31 00:00:00, 01:00:00");
  CHECK(shown("0 0 * * *", "UTC") == "2026-12-31 00:00:00, 2027-01-01 00:00:00, 01-02 00:00:00");
  CHECK(shown("0 * * * *", "Asia/Tokyo") == "2026-12-31 08:00:00, 09:00:00, 10:00:00");
  CHECK(next_times_text({}, "UTC").empty());
}

TEST_CASE("a schedule at boot has no times, and is due at boot", "[cli]") {
  const auto spec = due_at("@Reboot");
  const auto times = next_times(spec, late_in_the_year, 3);
  CHECK(times.empty());
  CHECK(due_text(spec.when, times, "UTC") == "at boot");
  CHECK(due_text(due_at("@daily").when, {late_in_the_year}, "UTC") == "2026-12-30 22:30:00");
  CHECK(due_text(due_at("0 0 30 2 *").when, {}, "UTC").empty());
}
