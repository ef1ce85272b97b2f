// How ids, states and codes are written for people, and read back.
#include "belfry/explanation.hpp"
#include "belfry/failure.hpp"
#include "belfry/ids.hpp"
#include "belfry/log_options.hpp"
#include "belfry/options.hpp"
#include "belfry/task.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace belfry;

TEST_CASE("a task id is written as shard and serial and read back", "[names]") {
  for (const auto id : {task_id::of({0}, 1), task_id::of({3}, 1042), task_id::of({0xffff}, 7),
                        task_id::of({0xffff}, 0xffff'ffff'ffffULL)})
    CHECK(parse_task_id(to_string(id)) == id);
  CHECK(to_string(task_id::of({3}, 1042)) == "3-1042");
  CHECK(parse_task_id("3-1042") == task_id::of({3}, 1042));
}

TEST_CASE("a task id says which shard it lives in and its place there", "[names]") {
  const auto id = task_id::of({513}, 99);
  CHECK(id.shard() == shard_id{513});
  CHECK(id.serial() == 99);
}

TEST_CASE("what is not a task id reads as none", "[names]") {
  for (const auto* text : {"",
                           "-",
                           "7",
                           "3-",
                           "-7",
                           "3-7 ",
                           " 3-7",
                           "3 -7",
                           "3--7",
                           "3-7-9",
                           "a-7",
                           "3-b",
                           "+3-7",
                           "0x3-7",
                           "3-7.5",
                           "65536-1",
                           "0-281474976710656",
                           "3-18446744073709551616",
                           "99999999999999999999-1",
                           "3\xe2\x80\x93"
                           "7"}) {
    INFO("'" << text << "'");
    CHECK(parse_task_id(text) == task_id{});
  }
  CHECK(parse_task_id(std::string{"3-7\0", 4}) == task_id{});
}

TEST_CASE("every state has a name of its own and is found by it", "[names]") {
  std::set<std::string_view> names;
  for (const auto state : task_states) {
    names.insert(to_string(state));
    CHECK(parse_task_state(to_string(state)) == state);
  }
  CHECK(names.size() == 8);
  CHECK(to_string(task_state::scheduled) == "scheduled");
  CHECK(to_string(log_level::debug) == "debug");
  CHECK(to_string(log_level::off) == "off");
  CHECK(to_string(task_state::expired) == "expired");
}

TEST_CASE("a name that no state has reads as nothing", "[names]") {
  for (const auto* name : {"", "Ready", "ready ", "done", "read", "readyy"})
    CHECK_FALSE(parse_task_state(name));
}

TEST_CASE("every reason of an explanation has a name of its own and is found by it", "[names]") {
  std::set<std::string_view> names;
  for (int number = 0; number <= static_cast<int>(explanation_reason::expired); ++number) {
    const auto reason = static_cast<explanation_reason>(number);
    names.insert(to_string(reason));
    CHECK(parse_explanation_reason(to_string(reason)) == reason);
  }
  CHECK(names.size() == static_cast<std::size_t>(explanation_reason::expired) + 1);
  CHECK(to_string(explanation_reason::being_assigned) == "being_assigned");
  CHECK(parse_explanation_reason("no such reason") == explanation_reason::unknown);
}

TEST_CASE("every code has a name of its own", "[names]") {
  std::set<std::string_view> names;
  for (int number = 1; number <= static_cast<int>(errc::forgotten); ++number)
    names.insert(to_string(static_cast<errc>(number)));
  CHECK(names.size() == static_cast<std::size_t>(errc::forgotten));
  CHECK(to_string(errc::invalid_argument) == "invalid_argument");
  CHECK(to_string(errc::stale_token) == "stale_token");
  CHECK(to_string(errc::cancelled) == "cancelled");
}

TEST_CASE("an address is its host and its port", "[names]") {
  CHECK(to_string(node_address{"tower", 4100}) == "tower:4100");
  CHECK(to_string(node_address{"::1", 4100}) == "[::1]:4100");
}

TEST_CASE("levels of durability are named as in flags and docs", "[names]") {
  CHECK(to_string(durability::durable) == "durable");
  CHECK(to_string(durability::relaxed) == "relaxed");
  CHECK(to_string(durability::in_memory) == "volatile");
}

TEST_CASE("the settled states are those that a task does not leave by itself", "[names]") {
  for (const auto state :
       {task_state::succeeded, task_state::dead, task_state::cancelled, task_state::expired})
    CHECK(is_settled(state));
  for (const auto state :
       {task_state::scheduled, task_state::ready, task_state::reserved, task_state::running})
    CHECK_FALSE(is_settled(state));
}

TEST_CASE("a worker has the tasks that are reserved or running", "[names]") {
  for (const auto state : task_states)
    CHECK(is_granted(state) == (state == task_state::reserved || state == task_state::running));
}
