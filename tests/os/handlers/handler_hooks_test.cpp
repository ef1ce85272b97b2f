#include "belfry/handler.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace belfry {

namespace {

run_result call(const handler_registry& all, const std::string& kind) {
  run_control control;
  run current{{.kind = kind, .payload = "socks"}, control};
  return (*all.find(kind))(current);
}

/// Writes down when it is entered and left.
handler_hook noting(std::string name, std::vector<std::string>& log) {
  return [name = std::move(name), &log](run& current, const handler& next) {
    log.push_back(name + " before " + current.kind());
    auto ended = next(current);
    log.push_back(name + " after " + ended.output + ended.error);
    return ended;
  };
}

} // namespace

TEST_CASE("hooks surround each handler, the first one added outermost", "[handler]") {
  std::vector<std::string> log;
  handler_registry all;
  all.on("wash", [](run&) { return "clean"; });
  all.around(noting("outer", log)).around(noting("inner", log));
  all.on("bake", [](run&) { return "brown"; }); // Added after the hooks.

  CHECK(call(all, "wash").output == "clean");
  CHECK(call(all, "bake").output == "brown");

  CHECK(log == std::vector<std::string>{"outer before wash", "inner before wash",
                                        "inner after clean", "outer after clean",
                                        "outer before bake", "inner before bake",
                                        "inner after brown", "outer after brown"});
}

TEST_CASE("a hook may replace the result of a handler", "[handler]") {
  handler_registry all;
  all.on("wash", [](run&) { return run_result::failed("no_water", "the tap is dry"); });
  all.around([](run& current, const handler& next) {
    auto ended = next(current);
    if (ended.error == "no_water")
      return run_result::snoozed_for(duration{60'000});
    return ended;
  });
  CHECK(call(all, "wash").snooze == duration{60'000});
}

TEST_CASE("a hook may refuse a run: what is inside is not called", "[handler]") {
  std::vector<std::string> log;
  int calls = 0;
  handler_registry all;
  all.on("wash", [&](run&) { ++calls; });
  all.around([](run& current, const handler& next) {
    if (current.payload() == "socks")
      return run_result::failed_permanently("refused", "no socks on Sundays");
    return next(current);
  });
  all.around(noting("inner", log));

  CHECK(call(all, "wash").error == "refused");
  CHECK(calls == 0);
  CHECK(log.empty());
}

TEST_CASE("a hook sees the exception of a handler as a failure", "[handler]") {
  std::vector<std::string> log;
  handler_registry all;
  all.on("wash", [](run&) { throw std::runtime_error{"flood"}; });
  all.around(noting("hook", log));

  const auto ended = call(all, "wash");

  CHECK(ended.error == "exception");
  CHECK(ended.message == "flood");
  CHECK(log == std::vector<std::string>{"hook before wash", "hook after exception"});
}

TEST_CASE("a hook sees the exception of a hook inside it as a failure", "[handler]") {
  std::vector<std::string> log;
  handler_registry all;
  all.on("wash", [](run&) {});
  all.around(noting("outer", log));
  all.around([](run&, const handler&) -> run_result { throw std::runtime_error{"flood"}; });

  CHECK(call(all, "wash").message == "flood");
  CHECK(log.back() == "outer after exception");
}

TEST_CASE("what is thrown and is no std::exception passes the hooks", "[handler]") {
  handler_registry all;
  all.on("wash", [](run&) { throw 7; });
  all.around([](run& current, const handler& next) { return next(current); });
  CHECK_THROWS_AS(call(all, "wash"), int);
}

TEST_CASE("all kinds share one hook and its state, and so do copies of the registry", "[handler]") {
  handler_registry all;
  all.on("wash", [](run&) {}).on("bake", [](run&) {});
  all.around([calls = std::make_shared<int>(0)](run& current, const handler& next) {
    auto ended = next(current);
    ended.output = std::to_string(++*calls);
    return ended;
  });
  const auto copy = all;
  CHECK(call(all, "wash").output == "1");
  CHECK(call(all, "bake").output == "2");
  CHECK(call(copy, "bake").output == "3");
}

TEST_CASE("hooks alone are no handler", "[handler]") {
  handler_registry all;
  all.around([](run& current, const handler& next) { return next(current); });
  CHECK(all.find("wash") == nullptr);
  CHECK(all.kinds().empty());
}

} // namespace belfry
