#include "os/link/user_secret.hpp"

#include "support/scratch_directory.hpp"

#include <catch2/catch.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <set>
#include <thread>
#include <vector>

using namespace belfry;

namespace {

struct secret_fixture : scratch_directory {
  const std::string place = file("own");
  const std::string path = place + "/secret";

  [[nodiscard]] std::string trouble() const {
    const auto secret = user_secret(place);
    return secret ? "" : secret.error().what;
  }
};

mode_t mode_of(const std::string& path) {
  struct stat about {};
  REQUIRE(stat(path.c_str(), &about) == 0);
  return about.st_mode & 07777;
}

} // namespace

TEST_CASE_METHOD(secret_fixture, "a user's secret is made once, for this user alone", "[secret]") {
  const auto first = user_secret(place);

  REQUIRE(first.ok());
  CHECK(first->size() == 32);
  CHECK(*user_secret(place) == *first);
  CHECK(mode_of(place) == 0700);
  CHECK(mode_of(path) == 0600);
}

TEST_CASE_METHOD(secret_fixture, "processes that make it at once share one secret", "[secret]") {
  std::vector<std::thread> threads;
  std::vector<std::string> secrets(8);
  for (auto& one : secrets)
    threads.emplace_back([&] {
      if (const auto secret = user_secret(place))
        one = *secret;
    });
  for (auto& one : threads)
    one.join();

  CHECK(std::set<std::string>(secrets.begin(), secrets.end()) == std::set{*user_secret(place)});
}

TEST_CASE_METHOD(secret_fixture, "a secret that others may read is none", "[secret]") {
  REQUIRE(user_secret(place).ok());

  chmod(path.c_str(), 0640);
  CHECK(trouble() == path + ": is open to others; expected mode 0600");
  chmod(path.c_str(), 0600);
  chmod(place.c_str(), 0755);
  CHECK(trouble() == place + ": is open to others; expected mode 0700");
}

TEST_CASE_METHOD(secret_fixture, "a secret that is cut or no file is refused", "[secret]") {
  REQUIRE(user_secret(place).ok());
  std::ofstream{path} << "short";
  CHECK(trouble().find("holds 5 bytes, expected 32") != std::string::npos);

  unlink(path.c_str());
  REQUIRE(symlink("/etc/hostname", path.c_str()) == 0);
  CHECK(trouble() == path + ": is no file");
}

TEST_CASE_METHOD(secret_fixture, "a place where nothing can be made is named", "[secret]") {
  std::ofstream{place} << "a file in the way";
  CHECK(trouble() == place + ": is no directory");
  CHECK(user_secret(file("missing/own")).error().what.find("cannot be made") != std::string::npos);
}

TEST_CASE("a user's directory is the same each time", "[secret]") {
  CHECK(user_directory().front() == '/');
  CHECK(user_directory() == user_directory());
}

TEST_CASE_METHOD(secret_fixture, "a secret of a file ends before its line's end", "[secret]") {
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
