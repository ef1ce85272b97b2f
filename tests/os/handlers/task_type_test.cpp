#include "belfry/task_type.hpp"

#include <catch2/catch.hpp>

#include <charconv>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace belfry {

namespace {

struct laundry {
  int shirts = 0;
};

struct bill {
  int cents = 0;
};

result<int> number_in(const std::string& text) {
  int number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size())
    return failure{errc::invalid_argument, "'" + text + "' is no number"};
  return number;
}

} // namespace

template <>
struct codec<laundry> {
  static std::string encode(const laundry& value) { return std::to_string(value.shirts); }
  static result<laundry> decode(const std::string& bytes) {
    return number_in(bytes).transform([](int shirts) { return laundry{shirts}; });
  }
};

template <>
struct codec<bill> {
  static std::string encode(const bill& value) { return std::to_string(value.cents); }
  static result<bill> decode(const std::string& bytes) {
    return number_in(bytes).transform([](int cents) { return bill{cents}; });
  }
};

namespace {

const task_type<laundry, bill> wash{{.kind = "wash",
                                     .queue = "laundry",
                                     .timeout = std::chrono::seconds{30},
                                     .retry = {.attempts_max = 2}}};

/// The result of a run with `payload` of `function` as the handler of `type`.
template <class Type, class Function>
run_result run_with(const Type& type, Function function, const std::string& payload) {
  handler_registry all;
  all.on(type, std::move(function));
  run_control control;
  run current{{.kind = type.kind(), .payload = payload}, control};
  return (*all.find(type.kind()))(current);
}

task_info succeeded_with(const std::string& output) {
  return {.id = task_id::of({0}, 7), .state = task_state::succeeded, .output = output};
}

} // namespace

TEST_CASE("a task of a type has its defaults and an encoded payload", "[task_type]") {
  const auto spec = wash.task({.shirts = 12});
  CHECK(spec.kind == "wash");
  CHECK(spec.payload == "12");
  CHECK(spec.queue == "laundry");
  CHECK(spec.timeout == std::chrono::seconds{30});
  CHECK(spec.retry.attempts_max == 2);
  CHECK(wash.defaults().payload.empty());
}

TEST_CASE("a handler of a type gets the decoded payload, and returns its output", "[task_type]") {
  const auto ended = run_with(
      wash, [](run&, const laundry& given) { return bill{given.shirts * 150}; }, "4");
  CHECK(ended.end == run_result::verdict::succeeded);
  CHECK(ended.output == "600");
  CHECK(wash.output(succeeded_with(ended.output)).value().cents == 600);
}

TEST_CASE("a handler of a type may return a result or a run_result", "[task_type]") {
  CHECK(run_with(
            wash, [](run&, const laundry&) -> result<bill> { return bill{7}; }, "4")
            .output == "7");

  const auto failed = run_with(
      wash,
      [](run&, const laundry&) -> result<bill> {
        return failure{errc::unavailable, "no water"};
      },
      "4");
  CHECK(failed.end == run_result::verdict::failed);
  CHECK(failed.error == "unavailable");
  CHECK(failed.message == "no water");

  const auto postponed = run_with(
      wash, [](run&, const laundry&) { return run_result::snoozed_for(duration{5}); }, "4");
  CHECK(postponed.snooze == duration{5});
}

TEST_CASE("a payload that the codec refuses fails for good, and no handler is called",
          "[task_type]") {
  int calls = 0;
  const auto ended = run_with(
      wash,
      [&](run&, const laundry&) {
        ++calls;
        return bill{};
      },
      "many");
  CHECK(calls == 0);
  CHECK(ended.error == "invalid_payload");
  CHECK(ended.message == "'many' is no number");
  CHECK(ended.is_final);
}

TEST_CASE("a type without output has handlers that return nothing", "[task_type]") {
  const task_type<std::string> greet{{.kind = "greet"}};
  std::string greeted;
  const auto ended = run_with(
      greet, [&](run&, const std::string& name) { greeted = name; }, "ann");
  CHECK(greeted == "ann");
  CHECK(ended.end == run_result::verdict::succeeded);
  CHECK(ended.output.empty());
  CHECK(greet.output(succeeded_with("")).ok());
  CHECK(greet.task("bob").payload == "bob");
}

TEST_CASE("an output that would be cut off is a failure for good", "[task_type]") {
  const task_type<done, std::string> print{{.kind = "print"}};
  const auto pages = [](std::size_t bytes) {
    return [bytes](run&, done) { return std::string(bytes, 'x'); };
  };
  CHECK(run_with(print, pages(65'536), "").output.size() == 65'536);

  const auto ended = run_with(print, pages(65'537), "");
  CHECK(ended.error == "output_too_large");
  CHECK(ended.message == "the output has 65537 bytes, expected at most 65536");
  CHECK(ended.is_final);
}

TEST_CASE("only a task that succeeded has an output", "[task_type]") {
  auto dead = succeeded_with("");
  dead.state = task_state::dead;
  dead.last_error = "torn: a hole";
  const auto none = wash.output(dead);
  CHECK(none.error().code == errc::wrong_state);
  CHECK(none.error().what == "task 0-7 is dead: torn: a hole");

  CHECK(wash.output(succeeded_with("free")).error().what == "'free' is no number");
}

TEST_CASE("hooks surround typed handlers, and these need not be copyable", "[task_type]") {
  handler_registry all;
  all.on(wash, [price = std::make_unique<int>(3)](run&, const laundry& given) {
    return bill{given.shirts * *price};
  });
  int calls = 0;
  all.around([&](run& current, const handler& next) {
    ++calls;
    return next(current);
  });
  run_control control;
  run current{{.kind = "wash", .payload = "2"}, control};
  CHECK((*all.find("wash"))(current).output == "6");
  CHECK(calls == 1);
}

} // namespace belfry
