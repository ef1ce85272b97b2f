#include "wire/codec.hpp"

#include "samples.hpp"
#include "wire/messages.pb.h"

#include <catch2/catch.hpp>

using namespace belfry;

namespace {

template <class Message, class Value>
Message written(const Value& value) {
  Message message;
  wire::write(value, message);
  return message;
}

/// `value` after writing it to bytes and reading it back.
template <class Message, class Value>
Value round_trip(const Value& value) {
  Message received;
  REQUIRE(received.ParseFromString(written<Message>(value).SerializeAsString()));
  return wire::read(received);
}

/// The bytes of `message` with an unknown field appended.
std::string with_unknown_field(const google::protobuf::MessageLite& message) {
  return message.SerializeAsString() + std::string{"\xc2\x3e\x05later", 8}; // Field 1000.
}

} // namespace

TEST_CASE("a task is read as it was written", "[codec]") {
  CHECK(round_trip<wire::TaskSpec>(full_task()) == full_task());
  CHECK(round_trip<wire::TaskSpec>(task_spec{}) == task_spec{});
}

TEST_CASE("a change is read as it was written, what is absent too", "[codec]") {
  task_change full;
  full.due = instant_of_ms(-5);
  full.delay = duration{1'500};
  full.priority = -42;
  full.payload = std::string{"\0\xff shirts", 9};
  full.queue = "laundry";
  CHECK(round_trip<wire::TaskChange>(full) == full);
  CHECK(round_trip<wire::TaskChange>(task_change{}) == task_change{});
  const task_change zeros{
      .due = instant{}, .delay = duration{0}, .priority = 0, .payload = std::string{}};
  CHECK(round_trip<wire::TaskChange>(zeros) == zeros);
}

TEST_CASE("reading a task by moving keeps its payload", "[codec]") {
  auto message = written<wire::TaskSpec>(full_task());
  CHECK(wire::read_moving(message) == full_task());
}

TEST_CASE("an instant before 1970 is read as it was written", "[codec]") {
  auto spec = full_task();
  spec.due = instant_of_ms(-86'400'001);
  spec.start_by = instant_of_ms(-1);
  CHECK(round_trip<wire::TaskSpec>(spec) == spec);
}

TEST_CASE("a complete-by deadline is read as it was written", "[codec]") {
  auto spec = full_task();
  spec.complete_by = instant_of_ms(1'700'000'700'000);
  CHECK(round_trip<wire::TaskSpec>(spec) == spec);
}

TEST_CASE("a task due at the epoch is not a task due at once", "[codec]") {
  auto spec = full_task();
  spec.due = instant{};
  CHECK(round_trip<wire::TaskSpec>(spec).due == instant{});
  spec.due.reset();
  CHECK_FALSE(round_trip<wire::TaskSpec>(spec).due);
}

TEST_CASE("a key TTL or a retention of 0 is not the default", "[codec]") {
  task_spec spec;
  spec.key_ttl = spec.retention = duration{0};
  CHECK(round_trip<wire::TaskSpec>(spec) == spec);
}

TEST_CASE("a task with defaults takes its kind, its payload and four bytes", "[codec]") {
  task_spec plain;
  plain.kind = "wash";
  plain.payload = "shirts";
  CHECK(written<wire::TaskSpec>(plain).ByteSizeLong() ==
        plain.kind.size() + plain.payload.size() + 4);
}

TEST_CASE("a retry policy is read as it was written", "[codec]") {
  CHECK(round_trip<wire::RetryPolicy>(full_retry()) == full_retry());
  CHECK(round_trip<wire::RetryPolicy>(retry_policy{}) == retry_policy{});
  auto hasty = full_retry();
  hasty.delay_min = duration{0};
  hasty.jitter_percent = 0;
  CHECK(round_trip<wire::RetryPolicy>(hasty) == hasty);
}

TEST_CASE("a schedule is read as it was written, with any policies", "[codec]") {
  for (int overlap = 0; overlap <= 3; ++overlap)
    for (int misfire = 0; misfire <= 2; ++misfire) {
      auto spec = full_schedule();
      spec.overlap = static_cast<overlap_policy>(overlap);
      spec.misfire = static_cast<misfire_policy>(misfire);
      CHECK(round_trip<wire::ScheduleSpec>(spec) == spec);
    }
  CHECK(round_trip<wire::ScheduleSpec>(schedule_spec{}) == schedule_spec{});
}

TEST_CASE("a schedule without a zone is in UTC", "[codec]") {
  wire::ScheduleSpec message;
  message.mutable_when()->set_line("@daily");
  CHECK(wire::read(message).when.zone == "UTC");
}

TEST_CASE("a task's status is read as it was written", "[codec]") {
  CHECK(round_trip<wire::TaskInfo>(full_info()) == full_info());
  CHECK(round_trip<wire::TaskInfo>(task_info{}) == task_info{});
  for (const auto state : task_states) {
    auto info = full_info();
    info.state = state;
    CHECK(round_trip<wire::TaskInfo>(info) == info);
  }
}

TEST_CASE("a reserved task runs, for a client of an earlier version", "[codec]") {
  auto info = full_info();
  info.state = task_state::reserved;
  CHECK(written<wire::TaskInfo>(info).state() == static_cast<std::uint32_t>(task_state::running));
}

TEST_CASE("every failure is read as it was written", "[codec]") {
  for (int code = 1; code <= static_cast<int>(errc::forgotten); ++code) {
    const failure error{static_cast<errc>(code), "kind is empty"};
    CHECK(round_trip<wire::Failure>(error) == error);
  }
}

TEST_CASE("text that is not UTF-8 is read as it was written", "[codec]") {
  const std::string odd{"caf\xe9 \xc3"};
  auto info = full_info();
  info.last_error = info.progress = info.key = odd;
  CHECK(round_trip<wire::TaskInfo>(info) == info);
  auto spec = full_task();
  spec.kind = spec.queue = spec.key = odd;
  CHECK(round_trip<wire::TaskSpec>(spec) == spec);
  CHECK(round_trip<wire::Failure>(failure{errc::storage, odd}).what == odd);
}

TEST_CASE("an unknown number of a policy is kept", "[codec]") {
  auto message = written<wire::ScheduleSpec>(full_schedule());
  message.set_misfire(3);
  message.set_overlap(4);
  message.mutable_when()->set_gap(2);
  message.mutable_when()->set_repeated_hour(4'000'000'000);
  const auto spec = wire::read(message);
  CHECK(spec.misfire == static_cast<misfire_policy>(3));
  CHECK(spec.overlap == static_cast<overlap_policy>(4));
  CHECK(spec.when.gap == static_cast<gap_policy>(2));
  CHECK(spec.when.repeated_hour == static_cast<repeated_hour_policy>(255)); // 255 and all above.
  message.mutable_when()->set_repeated_hour(255);
  CHECK(written<wire::ScheduleSpec>(spec).SerializeAsString() == message.SerializeAsString());
}

TEST_CASE("an unknown state or code is read as one that this version knows", "[codec]") {
  for (const std::uint32_t number : {0U, 8U, 300U}) {
    auto info = written<wire::TaskInfo>(full_info());
    info.set_state(number);
    CHECK(wire::read(info).state == task_state::scheduled);
  }
  for (const std::uint32_t number : {0U, 13U, 255U, 4'000'000'000U}) {
    wire::Failure failure;
    failure.set_code(number);
    CHECK(wire::read(failure).code == errc::unavailable);
  }
}

TEST_CASE("fields of a later version are ignored, and passed on", "[codec]") {
  const auto bytes = with_unknown_field(written<wire::TaskSpec>(full_task()));
  wire::TaskSpec received;
  REQUIRE(received.ParseFromString(bytes));
  CHECK(wire::read(received) == full_task());
  CHECK(received.SerializeAsString() == bytes);

  wire::TaskInfo info;
  REQUIRE(info.ParseFromString(with_unknown_field(written<wire::TaskInfo>(full_info()))));
  CHECK(wire::read(info) == full_info());
}
