#include "os/process_usage.hpp"

#include <catch2/catch.hpp>

#include <unistd.h>

#include <chrono>
#include <ctime>

using namespace belfry;
using namespace std::chrono_literals;

TEST_CASE("a process tells what it uses", "[process]") {
  const auto usage = read_process_usage();
  CHECK(usage.resident_bytes > 100'000);
  CHECK(usage.threads >= 1);
  CHECK(usage.open_descriptors >= 3);
  CHECK(usage.descriptors_max >= usage.open_descriptors);
  const auto age = instant_of_ms(std::time(nullptr) * 1'000) - usage.started;
  CHECK(age >= -2s);
  CHECK(age < 24h);
}

TEST_CASE("a process tells what it uses more", "[process]") {
  const auto before = read_process_usage();
  int pipe_ends[2];
  REQUIRE(pipe(pipe_ends) == 0);
  const auto until = std::clock() + CLOCKS_PER_SEC / 20;
  while (std::clock() < until) {
  }
  const auto after = read_process_usage();
  CHECK(after.open_descriptors == before.open_descriptors + 2);
  CHECK(after.processor_time > before.processor_time);
  close(pipe_ends[0]);
  close(pipe_ends[1]);
}
