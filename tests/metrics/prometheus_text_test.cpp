#include "metrics/prometheus_text.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace belfry;
using namespace std::chrono_literals;
using Catch::Contains;

TEST_CASE("a family has a help text, a type and samples", "[metrics]") {
  prometheus_text page;
  page.begin_family("belfry_tasks", "gauge", "Tasks by state.");
  page.add({{"queue", "mail"}, {"state", "ready"}}, std::uint64_t{17});
  page.add({}, 1500ms);
  CHECK(page.take() == "# HELP belfry_tasks Tasks by state.\n"
                       "# TYPE belfry_tasks gauge\n"
                       "belfry_tasks{queue=\"mail\",state=\"ready\"} 17\n"
                       "belfry_tasks 1.5\n");
}

TEST_CASE("the buckets of a histogram are cumulated", "[metrics]") {
  duration_histogram delays;
  delays.add(1ms);
  delays.add(3ms);
  delays.add(9s);
  delays.add(2h);
  prometheus_text page;
  page.begin_family("delay", "histogram", "…");
  page.add({{"kind", "send"}}, delays);
  const auto text = page.take();

  CHECK_THAT(text, Contains("delay_bucket{kind=\"send\",le=\"0.001\"} 1\n"));
  CHECK_THAT(text, Contains("delay_bucket{kind=\"send\",le=\"0.004\"} 2\n"));
  CHECK_THAT(text, Contains("delay_bucket{kind=\"send\",le=\"8.192\"} 2\n"));
  CHECK_THAT(text, Contains("delay_bucket{kind=\"send\",le=\"10\"} 3\n"));
  CHECK_THAT(text, Contains("delay_bucket{kind=\"send\",le=\"3600\"} 3\n"));
  CHECK_THAT(text, Contains("delay_bucket{kind=\"send\",le=\"+Inf\"} 4\n"));
  CHECK_THAT(text, Contains("delay_sum{kind=\"send\"} 7209.004\n"));
  CHECK_THAT(text, Contains("delay_count{kind=\"send\"} 4\n"));
}

TEST_CASE("a name that others chose breaks no line and no page", "[metrics]") {
  prometheus_text page;
  page.begin_family("x", "gauge", "…");
  page.add({{"queue", "a\"b\\c\nx 1\xff"}}, std::uint64_t{1});
  CHECK_THAT(page.take(), Contains("x{queue=\"a\\\"b\\\\c\\\\nx 1\\\\xff\"} 1\n"));
}

TEST_CASE("seconds are exact to the millisecond", "[metrics]") {
  CHECK(seconds_text(0) == "0");
  CHECK(seconds_text(1) == "0.001");
  CHECK(seconds_text(1'250) == "1.25");
  CHECK(seconds_text(60'000) == "60");
  CHECK(seconds_text(-1'005) == "-1.005");
}
