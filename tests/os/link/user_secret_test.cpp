#include "os/link/user_secret.hpp"

#include "support/descriptor_shortage.hpp"
#include "support/scratch_directory.hpp"

#include <catch2/catch.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

using namespace belfry;

namespace {

struct secret_fixture : scratch_directory {
  const std::string directory = file("own");
  const std::string path = directory + "/secret";

  [[nodiscard]] std::string error() const {
    const auto secret = user_secret(directory);
    return secret ? "" : secret.error().what;
  }
};

/// Restores BELFRY_HOME.
struct home_fixture {
  const std::string before = user_directory().value();

  ~home_fixture() { setenv("BELFRY_HOME", before.c_str(), 1); }
};

mode_t mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

} // namespace

TEST_CASE_METHOD(secret_fixture, "a user's secret is created once, accessible to this user only",
                 "[secret]") {
  const auto first = user_secret(directory);

  REQUIRE(first.ok());
  CHECK(first->size() == 32);
  CHECK(*user_secret(directory) == *first);
  CHECK(mode_of(directory) == 0700);
  CHECK(mode_of(path) == 0600);
}

TEST_CASE_METHOD(secret_fixture, "processes that create it at the same time share one secret",
                 "[secret]") {
  std::vector<std::thread> threads;
  std::vector<std::string> secrets(8);
  for (auto& own : secrets)
    threads.emplace_back([&] {
      if (const auto secret = user_secret(directory))
        own = *secret;
    });
  for (auto& thread : threads)
    thread.join();

  CHECK(std::set<std::string>(secrets.begin(), secrets.end()) == std::set{*user_secret(directory)});
}

TEST_CASE_METHOD(secret_fixture, "a secret that others may read is refused", "[secret]") {
  REQUIRE(user_secret(directory).ok());

  chmod(path.c_str(), 0640);
  CHECK(error() == path + ": is open to others; expected mode 0600");
  chmod(path.c_str(), 0600);
  chmod(directory.c_str(), 0755);
  CHECK(error() == directory + ": is open to others; expected mode 0700");
}

TEST_CASE_METHOD(secret_fixture, "a truncated secret, or one that is not a file, is refused",
                 "[secret]") {
  REQUIRE(user_secret(directory).ok());
  std::ofstream{path} << "short";
  CHECK(error().find("holds 5 bytes, expected 32") != std::string::npos);

  unlink(path.c_str());
  REQUIRE(symlink("/etc/hostname", path.c_str()) == 0);
  CHECK(error() == path + ": is not a file");
}

TEST_CASE_METHOD(secret_fixture, "a path where nothing can be created is named", "[secret]") {
  std::ofstream{directory} << "a file in the way";
  CHECK(error() == directory + ": is not a directory");
  CHECK(user_secret(file("missing/own")).error().what.find("cannot be created") !=
        std::string::npos);
}

TEST_CASE_METHOD(home_fixture, "BELFRY_HOME names the directory of a user's secret", "[secret]") {
  REQUIRE(setenv("BELFRY_HOME", "/var/lib/belfry", 1) == 0);
  CHECK(*user_directory() == "/var/lib/belfry");
}

TEST_CASE_METHOD(
    home_fixture,
    "without BELFRY_HOME, or if it is empty, the directory is that of the user's account",
    "[secret]") {
  REQUIRE(unsetenv("BELFRY_HOME") == 0);
  const auto directory = user_directory().value();
  CHECK_THAT(directory, Catch::EndsWith("/.belfry") ||
                            Catch::Equals("/tmp/belfry-" + std::to_string(geteuid())));
  REQUIRE(setenv("BELFRY_HOME", "", 1) == 0);
  CHECK(*user_directory() == directory);
}

TEST_CASE_METHOD(home_fixture, "a home that cannot be found for want of a descriptor is no other",
                 "[secret]") {
  REQUIRE(unsetenv("BELFRY_HOME") == 0);
  const test::descriptors_left none{0};
  const auto directory = user_directory();
  REQUIRE_FALSE(directory.ok());
  CHECK(directory.error().code == errc::overloaded);
  CHECK(directory.error().what == "/etc/passwd: cannot be read: Too many open files");
}

TEST_CASE_METHOD(secret_fixture, "a secret that cannot be read for want of a descriptor says so",
                 "[secret]") {
  const bool exists = GENERATE(false, true);
  REQUIRE((!exists || user_secret(directory).ok()));
  const test::descriptors_left none{0};
  const auto secret = user_secret(directory);
  REQUIRE_FALSE(secret.ok());
  CHECK(secret.error().code == errc::overloaded);
  CHECK(secret.error().what.find(": Too many open files") != std::string::npos);
}

TEST_CASE_METHOD(secret_fixture, "a secret read from a file excludes the final line break",
                 "[secret]") {
  const auto given = file("given");
  std::ofstream{given} << "0123456789abcdef\r\n";
  CHECK(*read_secret_file(given) == "0123456789abcdef");
  std::ofstream{given} << "0123456789abcde\n";
  CHECK(read_secret_file(given).error().what ==
        "secret_file: " + given + " holds 15 bytes, expected 16 to 4096");
  std::ofstream{given} << std::string(4096, 'x') << '\n';
  CHECK(read_secret_file(given)->size() == 4096);
  std::ofstream{given} << std::string(100'000, 'x');
  CHECK(read_secret_file(given).error().what.find("holds more bytes") != std::string::npos);
  CHECK(read_secret_file(file("none")).error().what.find("No such file") != std::string::npos);
}
