#include "belfry/handler.hpp"

#include <catch2/catch.hpp>

#include <memory>

namespace belfry {

namespace {

/// The result of a run of `function` as the handler of a kind.
template <class Function>
run_result run_with(Function function) {
  handler_registry all;
  all.on("wash", std::move(function));
  run_control control;
  run current{{.kind = "wash", .payload = "socks"}, control};
  return (*all.find("wash"))(current);
}

} // namespace

TEST_CASE("a handler that returns nothing has succeeded without output", "[handler]") {
  int calls = 0;
  const auto ended = run_with([&](run&) { ++calls; });
  CHECK(calls == 1);
  CHECK(ended.end == run_result::verdict::succeeded);
  CHECK(ended.output.empty());
}

TEST_CASE("a handler that returns a text has succeeded with this output", "[handler]") {
  CHECK(run_with([](run& current) { return "clean " + current.payload(); }).output ==
        "clean socks");
  CHECK(run_with([](run&) { return "clean"; }).output == "clean");
  CHECK(run_with([](const run&) { return "clean"; }).end == run_result::verdict::succeeded);
}

TEST_CASE("a handler that returns a result has succeeded if it holds a value", "[handler]") {
  CHECK(run_with([](run&) -> result<std::string> { return std::string{"clean"}; }).output ==
        "clean");
  CHECK(run_with([](run&) -> result<done> { return done{}; }).end ==
        run_result::verdict::succeeded);
  CHECK(run_with([](run&) -> result<run_result> { return run_result::interrupted(); }).end ==
        run_result::verdict::interrupted);
}

TEST_CASE("the failure of a handler's result is a failure named by its code", "[handler]") {
  const auto ended = run_with([](run&) -> result<std::string> {
    return failure{errc::unavailable, "no water"};
  });
  CHECK(ended.end == run_result::verdict::failed);
  CHECK(ended.error == "unavailable");
  CHECK(ended.message == "no water");
  CHECK_FALSE(ended.is_final);

  CHECK(run_with([](run&) -> result<done> {
          return failure{errc::storage, "full"};
        }).error == "storage");
}

TEST_CASE("a handler that returns a run_result is taken as it is", "[handler]") {
  const auto ended =
      run_with([](run&) { return run_result::failed_permanently("torn", "a hole"); });
  CHECK(ended.error == "torn");
  CHECK(ended.is_final);
}

TEST_CASE("a handler need not be copyable", "[handler]") {
  auto owned = std::make_unique<int>(7);
  handler_registry all;
  all.on("count", [owned = std::move(owned)](run&) { return std::to_string((*owned)++); });
  const auto copy = all;

  run_control control;
  run current{{.kind = "count"}, control};
  CHECK((*all.find("count"))(current).output == "7");
  CHECK((*copy.find("count"))(current).output == "8");
}

TEST_CASE("a handler of a kind replaces the one before, whatever it returns", "[handler]") {
  handler_registry all;
  all.on("wash", [](run&) { return "first"; }).on("wash", [](run&) {});
  run_control control;
  run current{{.kind = "wash"}, control};
  CHECK((*all.find("wash"))(current).output.empty());
  CHECK(all.kinds().size() == 1);
}

} // namespace belfry
