#include "belfry/handler.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <optional>

namespace belfry {

TEST_CASE("a handler is found by its kind", "[handler]") {
  handler_registry all;
  all.on("wash", [](run&) { return run_result::success("clean"); }).on("bake", [](run&) {
    return run_result::failed("burnt", "too hot");
  });

  run_control control;
  run current{{.task = {7}, .token = {8}, .attempt = 2, .kind = "wash", .payload = "socks"},
              control};
  REQUIRE(all.find("wash"));
  CHECK((*all.find("wash"))(current).output == "clean");
  CHECK(all.find("iron") == nullptr);
  CHECK(all.kinds() == std::vector<std::string>{"bake", "wash"});
}

TEST_CASE("a run has its facts and reports its progress", "[handler]") {
  run_control control;
  run current{{.task = {7}, .token = {8}, .attempt = 2, .kind = "wash", .payload = "socks"},
              control};
  current.heartbeat("half");
  CHECK(current.token().value == 8);
  CHECK(current.payload() == "socks");
  CHECK(control.progress() == "half");
}

TEST_CASE("a run knows where its task comes from; usually from the queue default", "[handler]") {
  run_control control;
  run current{{.kind = "wash", .is_last_attempt = true}, control};
  CHECK(current.is_last_attempt());
  CHECK(current.queue() == "default");
  CHECK(current.key().empty());
  CHECK(current.schedule().empty());

  control.set_origin({.queue = "laundry", .key = "order 7", .schedule = "nightly"});
  CHECK(current.queue() == "laundry");
  CHECK(current.key() == "order 7");
  CHECK(current.schedule() == "nightly");
}

TEST_CASE("a run knows the end of its time limit", "[handler]") {
  using namespace std::chrono_literals;
  run_control control;
  run current{{.kind = "wash"}, control};
  CHECK(current.deadline() == std::nullopt);
  CHECK(current.time_left() == std::nullopt);

  auto now = run_control::monotonic_time{100s};
  control.set_clock([&] { return now; });
  control.set_deadline(now + 30s);
  CHECK(current.deadline() == std::chrono::steady_clock::time_point{130s});
  CHECK(current.time_left() == 30s);
  now += 29'999'500us;
  CHECK(current.time_left() == 0ms); // Rounded down: what is left is at least that.
  now += 1s;
  CHECK(current.time_left() == 0ms);
}

TEST_CASE("without a clock of an executor the time left is by the system's", "[handler]") {
  using namespace std::chrono_literals;
  run_control control;
  control.set_deadline(std::chrono::steady_clock::now().time_since_epoch() + 1h);
  CHECK(control.time_left() > 59min);
  CHECK(control.time_left() <= 60min);
}

TEST_CASE("an executor with its own clock provides its own wait", "[handler]") {
  run_control control;
  std::string log;
  control.set_waiter([&](duration span) { log += std::to_string(span.count()); },
                     [&] { log += " woken"; });
  CHECK_FALSE(control.wait_for(duration{1'000'000}));
  control.cancel();
  CHECK(control.wait_for(duration{7}));
  CHECK(log == "1000000 woken");
}

TEST_CASE("a cancel ends waits, and counts as observed only then", "[handler]") {
  run_control control;
  CHECK_FALSE(control.is_cancelled());
  CHECK_FALSE(control.wait_for(duration{1}));
  control.cancel();
  CHECK_FALSE(control.has_observed_cancel());
  CHECK(control.wait_for(duration{1'000'000}));
  CHECK(control.has_observed_cancel());
}

TEST_CASE("a cancel calls its callback once", "[handler]") {
  run_control control;
  int calls = 0;
  control.on_cancel([&] { ++calls; });
  control.cancel();
  control.cancel();
  CHECK(calls == 1);

  control.on_cancel([&] { calls += 10; });
  CHECK(calls == 11);
  control.on_cancel({});
}

TEST_CASE("a stop of the worker ends the waits that are for it, and no others", "[handler]") {
  run_control control;
  CHECK_FALSE(control.wait_for_stop(duration{1}));
  control.set_stopping();
  CHECK(control.is_stopping());
  CHECK(control.wait_for_stop(duration{1'000'000}));
  CHECK_FALSE(control.wait_for(duration{1}));
  CHECK_FALSE(control.has_observed_cancel());
}

TEST_CASE("a cancel ends a wait for the stop of the worker", "[handler]") {
  run_control control;
  control.cancel();
  CHECK(control.wait_for_stop(duration{1'000'000}));
  CHECK(control.has_observed_cancel());
}

TEST_CASE("an executor with its own clock wakes a wait for the stop of the worker", "[handler]") {
  run_control control;
  int wakes = 0;
  bool stops_while_waiting = false;
  control.set_waiter(
      [&](duration) {
        if (stops_while_waiting)
          control.set_stopping();
      },
      [&] { ++wakes; });
  CHECK_FALSE(control.wait_for_stop(duration{7}));

  stops_while_waiting = true;
  SECTION("in a wait for the stop") {
    CHECK(control.wait_for_stop(duration{7}));
    CHECK(wakes == 1);
  }
  SECTION("but no wait for a cancel") {
    CHECK_FALSE(control.wait_for(duration{7}));
    CHECK(wakes == 0);
  }
}

TEST_CASE("a stop calls its callback at its start and at its end", "[handler]") {
  run_control control;
  int calls = 0;
  control.on_stop([&] { ++calls; });
  control.set_stopping();
  control.set_stopping();
  CHECK(calls == 1);
  control.cancel();
  CHECK(calls == 2);

  control.on_stop([&] { calls += 10; });
  CHECK(calls == 12);
  control.on_stop({});
}

TEST_CASE("a callback for a cancel is not called when the worker stops", "[handler]") {
  run_control control;
  int calls = 0;
  control.on_cancel([&] { ++calls; });
  control.set_stopping();
  CHECK(calls == 0);
}

TEST_CASE("a run saves progress up to its limit, and reads that of earlier attempts", "[handler]") {
  run_control control;
  control.set_previous_progress("page 7");
  run current{{.task = {7}, .token = {8}, .attempt = 2, .kind = "wash"}, control};
  CHECK(current.previous_progress() == "page 7");
  CHECK(control.saved_progress() == std::nullopt);

  CHECK(current.save_progress(std::string(4'096, 'x')));
  const auto refused = current.save_progress(std::string(4'097, 'y'));

  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::too_large);
  CHECK(refused.error().what == "saved progress has 4097 bytes, expected at most 4096");
  CHECK(control.saved_progress() == std::string(4'096, 'x'));

  CHECK(current.save_progress(""));
  CHECK(control.saved_progress() == "");
}

TEST_CASE("a run's results have their kind", "[handler]") {
  CHECK(run_result::failed("torn", "a hole").error == "torn");
  CHECK_FALSE(run_result::failed("torn", "a hole").is_final);
  CHECK(run_result::failed_permanently("torn", "a hole").is_final);
  CHECK(run_result::snoozed_for(duration{5}).end == run_result::verdict::snoozed);
  CHECK(run_result::snoozed_for(duration{5}).snooze == duration{5});
}

} // namespace belfry
