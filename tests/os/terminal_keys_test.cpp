#include "os/terminal_keys.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>

#include <array>
#include <string>
#include <thread>
#include <utility>

using namespace belfry;

namespace {

/// A pipe in the place of the standard input, as long as it exists.
class piped_input {
public:
  piped_input() {
    REQUIRE(pipe(ends_.data()) == 0);
    dup2(ends_[0], STDIN_FILENO);
    close(ends_[0]);
  }
  ~piped_input() {
    close_writing_end();
    dup2(before_, STDIN_FILENO);
    close(before_);
  }
  piped_input(const piped_input&) = delete;
  piped_input& operator=(const piped_input&) = delete;

  void type(const std::string& keys) const {
    REQUIRE(write(ends_[1], keys.data(), keys.size()) == static_cast<ssize_t>(keys.size()));
  }
  void close_writing_end() { close(std::exchange(ends_[1], -1)); }

private:
  const int before_ = dup(STDIN_FILENO);
  std::array<int, 2> ends_{};
};

} // namespace

TEST_CASE("keys come one by one, and the input has an end", "[terminal]") {
  piped_input input;
  terminal_keys keys;
  CHECK_FALSE(keys.next(duration{1}).has_value());
  input.type("ab");
  CHECK(keys.next(duration{1'000}) == 'a');
  CHECK(keys.next(duration{1'000}) == 'b');
  input.close_writing_end();
  CHECK(keys.next(duration{1'000}) == terminal_keys::end_of_input);
}

TEST_CASE("keys end once when another thread ends them", "[terminal]") {
  const piped_input input;
  terminal_keys keys;
  input.type("a");
  std::thread{[&keys] { keys.end(); }}.join();
  CHECK(keys.next(duration{60'000}) == terminal_keys::end_of_input);
  CHECK(keys.next(duration{60'000}) == 'a');
}
