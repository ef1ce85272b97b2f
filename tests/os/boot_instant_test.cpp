#include "os/system_clock.hpp"

#include <catch2/catch.hpp>

#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>

using namespace belfry;
using namespace std::chrono_literals;

namespace {

std::optional<instant> boot_instant_of(const std::string& text) {
  const auto file =
      std::filesystem::temp_directory_path() / ("belfry_boot_instant_" + std::to_string(getpid()));
  std::ofstream{file} << text;
  const auto read = read_boot_instant(file.string());
  std::filesystem::remove(file);
  return read;
}

} // namespace

TEST_CASE("a machine tells when it booted", "[boot]") {
  const auto booted_at = read_boot_instant();
  REQUIRE(booted_at.has_value());
  const auto now = instant_of_ms(std::time(nullptr) * 1'000);
  CHECK(*booted_at <= now);
  CHECK(*booted_at > now - std::chrono::hours{24 * 366 * 20});
}

TEST_CASE("the boot instant is the btime of the kernel's statistics", "[boot]") {
  CHECK(boot_instant_of("cpu 1 2 3\nintr 4 5\nctxt 6\nbtime 1767225600\nprocesses 7\n") ==
        instant_of_ms(1'767'225'600'000));
}

TEST_CASE("a boot instant that cannot be read is none", "[boot]") {
  CHECK(boot_instant_of("") == std::nullopt);
  CHECK(boot_instant_of("cpu 1 2 3\nprocesses 7\n") == std::nullopt);
  CHECK(boot_instant_of("btime soon\n") == std::nullopt);
  CHECK(read_boot_instant("/does/not/exist") == std::nullopt);
}
