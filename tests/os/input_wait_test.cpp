#include "os/input_wait.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <thread>
#include <unistd.h>

using namespace belfry;

namespace {

/// A pipe whose reading end is waited for.
struct waiting_reader {
  waiting_reader() {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    input = descriptor{ends[0]};
    output = descriptor{ends[1]};
  }

  void write() const { REQUIRE(::write(output.number(), "x", 1) == 1); }
  input_event event(std::optional<duration> timeout = duration{0}) {
    return wait.wait(input.number(), timeout);
  }

  descriptor input;
  descriptor output;
  input_wait wait;
};

} // namespace

TEST_CASE_METHOD(waiting_reader, "a wait without input or wake-up times out", "[input_wait]") {
  CHECK(event() == input_event::timed_out);
  CHECK(event(duration{1}) == input_event::timed_out);
}

TEST_CASE_METHOD(waiting_reader, "a wait ends when there is input, or its end", "[input_wait]") {
  write();
  CHECK(event(std::nullopt) == input_event::readable);

  char byte = 0;
  REQUIRE(::read(input.number(), &byte, 1) == 1);
  CHECK(event() == input_event::timed_out);

  output.close();
  CHECK(event(std::nullopt) == input_event::readable);
}

TEST_CASE_METHOD(waiting_reader, "a wake-up is told once, before the input", "[input_wait]") {
  write();
  wait.wake();
  wait.wake();
  CHECK(event() == input_event::woken);
  CHECK(event() == input_event::readable);
}

TEST_CASE_METHOD(waiting_reader, "another thread ends a wait without a limit", "[input_wait]") {
  std::thread other{[this] { wait.wake(); }};
  CHECK(event(std::nullopt) == input_event::woken);
  other.join();
}
