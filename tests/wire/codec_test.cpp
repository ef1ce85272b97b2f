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

/// `value` after a journey as bytes.
template <class Message, class Value>
Value travelled(const Value& value) {
  Message arrived;
  REQUIRE(arrived.ParseFromString(written<Message>(value).SerializeAsString()));
  return wire::read(arrived);
}

/// The bytes of `message` with a field behind them that this version does not know.
std::string with_unknown_field(const google::protobuf::MessageLite& message) {
  return message.SerializeAsString() + std::string{"\xc2\x3e\x05later", 8}; // Field 1000.
}

} // namespace

TEST_CASE("a task arrives as it was sent", "[codec]") {
  CHECK(travelled<wire::TaskSpec>(full_task()) == full_task());
  CHECK(travelled<wire::TaskSpec>(task_spec{}) == task_spec{});
}

TEST_CASE("taking a task is reading it, payload included", "[codec]") {
  auto message = written<wire::TaskSpec>(full_task());
  CHECK(wire::take(message) == full_task());
}

TEST_CASE("an instant before 1970 arrives as it was sent", "[codec]") {
  auto spec = full_task();
  spec.due = instant_of_ms(-86'400'001);
  spec.start_by = instant_of_ms(-1);
  CHECK(travelled<wire::TaskSpec>(spec) == spec);
}

TEST_CASE("a task due at the epoch is not a task due at once", "[codec]") {
  auto spec = full_task();
  spec.due = instant{};
  CHECK(travelled<wire::TaskSpec>(spec).due == instant{});
  spec.due.reset();
  CHECK_FALSE(travelled<wire::TaskSpec>(spec).due);
}

TEST_CASE("a key or a retention of no length is not the default", "[codec]") {
  task_spec spec;
  spec.key_ttl = spec.retention = duration{0};
  CHECK(travelled<wire::TaskSpec>(spec) == spec);
}

TEST_CASE("a plain task costs its kind, its payload and four bytes", "[codec]") {
  task_spec plain;
  plain.kind = "wash";
  plain.payload = "shirts";
  CHECK(written<wire::TaskSpec>(plain).ByteSizeLong() ==
        plain.kind.size() + plain.payload.size() + 4);
}

TEST_CASE("a retry policy arrives as it was sent", "[codec]") {
  CHECK(travelled<wire::RetryPolicy>(full_retry()) == full_retry());
  CHECK(travelled<wire::RetryPolicy>(retry_policy{}) == retry_policy{});
  auto hasty = full_retry();
  hasty.delay_min = duration{0};
  hasty.jitter_percent = 0;
  CHECK(travelled<wire::RetryPolicy>(hasty) == hasty);
}

TEST_CASE("a schedule arrives as it was sent, whatever its policies", "[codec]") {
  for (int overlap = 0; overlap <= 3; ++overlap)
    for (int misfire = 0; misfire <= 2; ++misfire) {
      auto spec = full_schedule();
      spec.overlap = static_cast<overlap_policy>(overlap);
      spec.misfire = static_cast<misfire_policy>(misfire);
      CHECK(travelled<wire::ScheduleSpec>(spec) == spec);
    }
  CHECK(travelled<wire::ScheduleSpec>(schedule_spec{}) == schedule_spec{});
}

TEST_CASE("a schedule without a zone is in UTC", "[codec]") {
  wire::ScheduleSpec message;
  message.mutable_when()->set_line("@daily");
  CHECK(wire::read(message).when.zone == "UTC");
}

TEST_CASE("what is told about a task arrives as it was sent", "[codec]") {
  CHECK(travelled<wire::TaskInfo>(full_info()) == full_info());
  CHECK(travelled<wire::TaskInfo>(task_info{}) == task_info{});
  for (int state = 1; state <= 7; ++state) {
    auto info = full_info();
    info.state = static_cast<task_state>(state);
    CHECK(travelled<wire::TaskInfo>(info) == info);
  }
}

TEST_CASE("every refusal arrives as it was sent", "[codec]") {
  for (int code = 1; code <= static_cast<int>(errc::cancelled); ++code) {
    const failure why{static_cast<errc>(code), "kind is empty"};
    CHECK(travelled<wire::Failure>(why) == why);
  }
}

TEST_CASE("text that is not UTF-8 arrives as it was sent", "[codec]") {
  const std::string odd{"caf\xe9 \xc3"};
  auto info = full_info();
  info.last_error = info.progress = info.key = odd;
  CHECK(travelled<wire::TaskInfo>(info) == info);
  auto spec = full_task();
  spec.kind = spec.queue = spec.key = odd;
  CHECK(travelled<wire::TaskSpec>(spec) == spec);
  CHECK(travelled<wire::Failure>(failure{errc::storage, odd}).what == odd);
}

TEST_CASE("a number that no policy has becomes the default policy", "[codec]") {
  auto message = written<wire::ScheduleSpec>(full_schedule());
  message.set_misfire(3);
  message.set_overlap(4);
  message.mutable_when()->set_gap(2);
  message.mutable_when()->set_repeated_hour(4'000'000'000);
  const auto spec = wire::read(message);
  const schedule_spec usual;
  CHECK(spec.misfire == usual.misfire);
  CHECK(spec.overlap == usual.overlap);
  CHECK(spec.when.gap == usual.when.gap);
  CHECK(spec.when.repeated_hour == usual.when.repeated_hour);
}

TEST_CASE("a number that no state or code has becomes one that this version knows", "[codec]") {
  for (const std::uint32_t number : {0U, 8U, 300U}) {
    auto info = written<wire::TaskInfo>(full_info());
    info.set_state(number);
    CHECK(wire::read(info).state == task_state::scheduled);
  }
  for (const std::uint32_t number : {0U, 12U, 255U, 4'000'000'000U}) {
    wire::Failure why;
    why.set_code(number);
    CHECK(wire::read(why).code == errc::unavailable);
  }
}

TEST_CASE("fields of a later version are harmless, and passed on", "[codec]") {
  const auto bytes = with_unknown_field(written<wire::TaskSpec>(full_task()));
  wire::TaskSpec arrived;
  REQUIRE(arrived.ParseFromString(bytes));
  CHECK(wire::read(arrived) == full_task());
  CHECK(arrived.SerializeAsString() == bytes);

  wire::TaskInfo info;
  REQUIRE(info.ParseFromString(with_unknown_field(written<wire::TaskInfo>(full_info()))));
  CHECK(wire::read(info) == full_info());
}
