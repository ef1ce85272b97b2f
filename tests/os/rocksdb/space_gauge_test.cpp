#include "os/rocksdb/space_gauge.hpp"

#include <catch2/catch.hpp>

namespace belfry {

TEST_CASE("between measurements the gauge counts what is written", "[space]") {
  int measurements = 0;
  space_gauge gauge([&] { return ++measurements, std::uint64_t{1000}; }, std::chrono::hours{1});

  CHECK(gauge.available_bytes() == 1000);
  gauge.count_written(300);
  CHECK(gauge.available_bytes() == 700);
  gauge.count_written(900);
  CHECK(gauge.available_bytes() == 0);
  CHECK(measurements == 1);
}

TEST_CASE("an old measurement is repeated", "[space]") {
  std::uint64_t free = 1000;
  space_gauge gauge([&] { return free; }, duration{0});
  gauge.count_written(300);
  free = 5000;

  CHECK(gauge.available_bytes() == 5000);
}

TEST_CASE("the free space of a directory is known, and is 0 for a missing directory", "[space]") {
  CHECK(free_bytes_of("/") > 0);
  CHECK(free_bytes_of("/no/such/directory") == 0);
}

} // namespace belfry
