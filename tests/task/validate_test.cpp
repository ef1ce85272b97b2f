#include "task/validate.hpp"

#include <catch2/catch.hpp>

#include <limits>

using namespace belfry;
using namespace std::chrono_literals;

namespace {

const instant now = instant_of_ms(1'700'000'000'000);
constexpr auto day = std::chrono::hours{24};

task_spec plain() {
  task_spec spec;
  spec.kind = "wash";
  return spec;
}

schedule_spec nightly() {
  schedule_spec spec;
  spec.name = "nightly";
  spec.when.line = "0 3 * * *";
  spec.task = plain();
  return spec;
}

template <class Spec>
bool is_fine(const Spec& spec) {
  return check(spec, submit_limits{}, now).ok();
}

/// The refusal's text, after checking its code.
template <class Spec>
std::string refusal(const Spec& spec, errc code = errc::invalid_argument) {
  const auto checked = check(spec, submit_limits{}, now);
  if (checked.ok())
    return "accepted";
  CHECK(checked.error().code == code);
  return checked.error().what;
}

/// Checks that `text` contains each of `parts`.
void check_names(const std::string& text, const std::vector<std::string>& parts) {
  for (const auto& part : parts) {
    INFO(text << " should name: " << part);
    CHECK(text.find(part) != std::string::npos);
  }
}

} // namespace

TEST_CASE("a task may be as large as its limits", "[validate]") {
  const submit_limits limits;
  auto spec = plain();
  spec.kind = std::string(limits.name_bytes_max, 'k');
  spec.queue = std::string(limits.name_bytes_max, 'q');
  spec.key = std::string(limits.key_bytes_max, 'x');
  spec.payload = std::string(limits.payload_bytes_max, '\0');
  spec.priority = 100;
  spec.due = now - limits.due_age_max;
  CHECK(is_fine(spec));
  spec.priority = -100;
  spec.due = now + limits.horizon;
  spec.start_by = spec.due;
  CHECK(is_fine(spec));
}

TEST_CASE("a name that is missing, long or unprintable is refused by its field", "[validate]") {
  auto spec = plain();
  spec.kind.clear();
  check_names(refusal(spec), {"kind", "empty", "1 to 100"});
  spec.kind = std::string(101, 'k');
  check_names(refusal(spec, errc::too_large), {"kind", "101", "100"});
  spec.kind = "wa\nsh";
  check_names(refusal(spec), {"kind", "control character"});
  spec = plain();
  spec.queue.clear();
  check_names(refusal(spec), {"queue", "empty", "1 to 100"});
  spec.queue = std::string(101, 'q');
  check_names(refusal(spec, errc::too_large), {"queue", "101", "100"});
  spec.queue = std::string{"a\0b", 3};
  check_names(refusal(spec), {"queue", "control character"});
}

TEST_CASE("names may be written in any script", "[validate]") {
  auto spec = plain();
  spec.kind = "wäsche";
  spec.queue = "洗濯";
  CHECK(is_fine(spec));
}

TEST_CASE("a payload or key beyond its limit is refused with the limit", "[validate]") {
  auto spec = plain();
  spec.payload = std::string(256 * 1024 + 1, 'x');
  check_names(refusal(spec, errc::too_large), {"payload", "262145", "262144"});
  spec = plain();
  spec.key = std::string(201, 'x');
  check_names(refusal(spec, errc::too_large), {"key", "201", "200"});
}

TEST_CASE("a priority out of its range is refused", "[validate]") {
  for (const int priority :
       {-101, 101, std::numeric_limits<int>::min(), std::numeric_limits<int>::max()}) {
    auto spec = plain();
    spec.priority = priority;
    check_names(refusal(spec), {"priority", std::to_string(priority), "-100 to 100"});
  }
}

TEST_CASE("an instant far away on either side is refused", "[validate]") {
  auto spec = plain();
  spec.due = now - 367 * day;
  CHECK(refusal(spec) == "due is 2022-11-12T22:13:20.000Z, more than 366d in the past");
  spec.due = now + 3661 * day;
  CHECK(refusal(spec) == "due is 2033-11-22T22:13:20.000Z, more than 3660d ahead");
  spec.due.reset();
  spec.delay = duration{3661 * day};
  CHECK(refusal(spec) == "delay is 3661d, expected 0 to 3660d");
  spec.delay = -1ms;
  CHECK(refusal(spec) == "delay is -1ms, expected 0 to 3660d");
  spec = plain();
  spec.start_by = now + 3661 * day;
  CHECK(refusal(spec) == "start_by is 2033-11-22T22:13:20.000Z, more than 3660d ahead");
}

TEST_CASE("the first and the last instant that a number can hold are refused", "[validate]") {
  auto spec = plain();
  spec.due = instant_of_ms(std::numeric_limits<std::int64_t>::min());
  check_names(refusal(spec), {"due is ", "in the past"});
  spec.due = instant_max;
  check_names(refusal(spec), {"due is ", "ahead"});
  spec.due.reset();
  spec.start_by = instant_max;
  check_names(refusal(spec), {"start_by is ", "ahead"});
  spec.start_by = instant_of_ms(std::numeric_limits<std::int64_t>::min());
  check_names(refusal(spec), {"start_by is ", "before due"});
}

TEST_CASE("a duration out of its range is refused by its field", "[validate]") {
  const std::vector<std::pair<duration task_spec::*, std::string>> fields{
      {&task_spec::delay, "delay"},
      {&task_spec::timeout, "timeout"},
      {&task_spec::key_ttl, "key_ttl"},
      {&task_spec::retention, "retention"}};
  const duration horizon = submit_limits{}.horizon;
  for (const auto& [field, name] : fields) {
    auto spec = plain();
    spec.*field = horizon;
    CHECK(is_fine(spec));
    spec.*field = horizon + 25h;
    CHECK(refusal(spec) == name + " is 3661d 1h, expected 0 to 3660d");
    spec.*field = -90s;
    CHECK(refusal(spec) == name + " is -1min 30s, expected 0 to 3660d");
    for (const auto length : {duration::min(), duration::max()}) {
      spec.*field = length;
      check_names(refusal(spec), {name + " is ", "expected 0 to 3660d"});
    }
  }
}

TEST_CASE("a task that could never start is refused", "[validate]") {
  auto spec = plain();
  spec.delay = 10s;
  spec.start_by = now + 9'999ms;
  CHECK(refusal(spec) == "start_by is 2023-11-14T22:13:29.999Z, before due "
                         "(2023-11-14T22:13:30.000Z), so the task could never start");
  spec.start_by = now + 10s;
  CHECK(is_fine(spec));
  spec.due = now + 1h;
  check_names(refusal(spec), {"start_by", "before due"});
}

TEST_CASE("a complete-by deadline before the due instant or start-by is refused", "[validate]") {
  auto spec = plain();
  spec.delay = 10s;
  spec.complete_by = now + 9'999ms;
  check_names(refusal(spec), {"complete_by is 2023-11-14T22:13:29.999Z", "before due"});
  spec.complete_by = now + 10s;
  CHECK(is_fine(spec));
  spec.start_by = now + 11s;
  check_names(refusal(spec), {"complete_by is 2023-11-14T22:13:30.000Z", "before start_by"});
  spec.complete_by = now + 3661 * day;
  check_names(refusal(spec), {"complete_by is ", "more than 3660d ahead"});
}

TEST_CASE("an invalid retry policy is refused by its field", "[validate]") {
  const auto with = [](auto change) {
    auto spec = plain();
    change(spec.retry);
    return refusal(spec);
  };
  check_names(with([](auto& retry) { retry.attempts_max = 0; }),
              {"retry: attempts_max", "0", "1 to 10000"});
  check_names(with([](auto& retry) { retry.attempts_max = 10'001; }), {"attempts_max", "10001"});
  check_names(with([](auto& retry) { retry.crashes_max = 0; }), {"crashes_max", "0", "1 to 1000"});
  check_names(with([](auto& retry) { retry.delay_min = -1ms; }), {"delay_min"});
  check_names(with([](auto& retry) { retry.delay_max = duration::max(); }), {"delay_max"});
  check_names(with([](auto& retry) { retry.jitter_percent = 101; }),
              {"jitter_percent", "101", "0 to 100"});
  check_names(with([](auto& retry) { retry.rules.resize(51); }), {"51 rules", "50"});
  check_names(with([](auto& retry) {
                retry.rules = {{"busy", true, duration::max()}};
              }),
              {"'busy'", "delay", "366 days"});
}

TEST_CASE("a schedule is checked with its rule, its zone and its task", "[validate]") {
  CHECK(is_fine(nightly()));
  auto spec = nightly();
  spec.name.clear();
  check_names(refusal(spec), {"schedule", "empty"});
  spec = nightly();
  spec.when.line = "0 25 * * *";
  check_names(refusal(spec), {"field 2", "hour", "25", "0 to 23"});
  spec = nightly();
  spec.when.line = "0 0 30 2 *";
  check_names(refusal(spec), {"'0 0 30 2 *'", "never comes"});
  spec = nightly();
  spec.when = {.line = "@reboot", .zone = "Europe/Atlantis"};
  CHECK(is_fine(spec));
  spec = nightly();
  spec.when.zone = "Europe/Atlantis";
  check_names(refusal(spec), {"zone", "Europe/Atlantis"});
  spec = nightly();
  spec.catch_up_max = 1001;
  check_names(refusal(spec), {"catch_up_max", "1001", "1000"});
  spec = nightly();
  spec.jitter = 25h;
  CHECK(refusal(spec) == "jitter is 1d 1h, expected 0 to 1d");
  spec = nightly();
  spec.task.key = "order-7";
  check_names(refusal(spec), {"key"});
  spec = nightly();
  spec.task.start_by = now + 1h;
  check_names(refusal(spec), {"start_by"});
  spec = nightly();
  spec.task.complete_by = now + 1h;
  check_names(refusal(spec), {"complete_by"});
  spec = nightly();
  spec.task.kind.clear();
  check_names(refusal(spec), {"kind", "empty"});
}

TEST_CASE("a schedule ignores the instants of its task", "[validate]") {
  auto spec = nightly();
  spec.task.due = instant_of_ms(0);
  spec.task.delay = duration::max();
  CHECK(is_fine(spec));
}

TEST_CASE("a random time is selected by the name of the schedule", "[validate]") {
  auto spec = nightly();
  spec.when.line = "~ 3 * * *";
  spec.name = "backup";
  const auto due = [&] { return rule_of(spec)->next_after(instant{}); };
  const auto first = due();
  CHECK(first == instant{std::chrono::hours{3} + std::chrono::minutes{17}});
  CHECK(due() == first);
  spec.name = "job1";
  CHECK(due() != first);
}
