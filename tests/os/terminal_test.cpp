#include "os/terminal.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <array>
#include <cstdlib>

using namespace belfry;

namespace {

/// Puts a terminal in place of the standard output.
class terminal_output {
public:
  explicit terminal_output(unsigned short columns) {
    master_ = posix_openpt(O_RDWR | O_NOCTTY);
    REQUIRE(master_ >= 0);
    REQUIRE(grantpt(master_) == 0);
    REQUIRE(unlockpt(master_) == 0);
    std::array<char, 100> name{};
    REQUIRE(ptsname_r(master_, name.data(), name.size()) == 0);
    slave_ = open(name.data(), O_RDWR | O_NOCTTY);
    const winsize window{.ws_row = 30, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
    REQUIRE(ioctl(slave_, TIOCSWINSZ, &window) == 0);
    output_ = dup(STDOUT_FILENO);
    dup2(slave_, STDOUT_FILENO);
  }
  ~terminal_output() {
    dup2(output_, STDOUT_FILENO);
    for (const int number : {output_, slave_, master_})
      close(number);
  }
  terminal_output(const terminal_output&) = delete;
  terminal_output& operator=(const terminal_output&) = delete;

private:
  int master_ = -1;
  int slave_ = -1;
  int output_ = -1;
};

std::optional<terminal_size> size_on(unsigned short columns) {
  const terminal_output terminal{columns};
  return output_terminal();
}

} // namespace

TEST_CASE("a terminal has a size, a pipe has none", "[terminal]") {
  unsetenv("COLUMNS");
  unsetenv("LINES");
  CHECK(size_on(97) == terminal_size{97, 30});
  CHECK(size_on(0) == terminal_size{80, 24});
  setenv("COLUMNS", "60", 1);
  CHECK(size_on(97) == terminal_size{60, 30});
  setenv("COLUMNS", "6x", 1);
  CHECK(size_on(97) == terminal_size{97, 30});
  unsetenv("COLUMNS");

  std::array<int, 2> pipe_ends{};
  REQUIRE(pipe(pipe_ends.data()) == 0);
  const int output = dup(STDOUT_FILENO);
  dup2(pipe_ends[1], STDOUT_FILENO);
  const auto none = output_terminal();
  dup2(output, STDOUT_FILENO);
  for (const int number : {output, pipe_ends[0], pipe_ends[1]})
    close(number);
  CHECK_FALSE(none.has_value());
}

TEST_CASE("colours are wanted unless NO_COLOR or the terminal speak against it", "[terminal]") {
  setenv("TERM", "xterm", 1);
  unsetenv("NO_COLOR");
  CHECK(are_colors_wanted());
  setenv("NO_COLOR", "", 1);
  CHECK(are_colors_wanted());
  setenv("NO_COLOR", "1", 1);
  CHECK_FALSE(are_colors_wanted());
  unsetenv("NO_COLOR");
  setenv("TERM", "dumb", 1);
  CHECK_FALSE(are_colors_wanted());
  unsetenv("TERM");
  CHECK_FALSE(are_colors_wanted());
}
