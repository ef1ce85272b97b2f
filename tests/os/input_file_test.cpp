#include "os/input_file.hpp"

#include "support/forked.hpp"

#include <catch2/catch.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include <unistd.h>

using namespace belfry;

namespace {

/// A file with this content, gone with the test.
class written_file {
public:
  explicit written_file(const std::string& content) {
    std::string pattern = std::filesystem::temp_directory_path() / "belfry-input-XXXXXX";
    ::close(mkstemp(pattern.data()));
    path = pattern;
    std::ofstream{path, std::ios::binary} << content;
  }
  ~written_file() { std::filesystem::remove(path); }
  written_file(const written_file&) = delete;
  written_file& operator=(const written_file&) = delete;

  std::string path;
};

/// The lines of a file, each in brackets; `…` stands for the rest of a line that is too long.
std::string lines_of(const std::string& content, std::size_t bytes_max) {
  const written_file written{content};
  auto file = input_file::open(written.path);
  REQUIRE(file.ok());
  std::string lines;
  for (auto line = file->read_line(bytes_max); *line; line = file->read_line(bytes_max))
    lines += "[" + (*line)->text + ((*line)->is_too_long ? "…]" : "]");
  return lines;
}

} // namespace

TEST_CASE("a file is read line by line", "[input_file]") {
  CHECK(lines_of("", 10).empty());
  CHECK(lines_of("one\ntwo\n", 10) == "[one][two]");
  CHECK(lines_of("one\n\ntwo", 10) == "[one][][two]");
  const std::string long_text(100'000, 'x');
  CHECK(lines_of(long_text + "\ny", 200'000) == "[" + long_text + "][y]");
}

TEST_CASE("of a line that is too long only the beginning is kept", "[input_file]") {
  CHECK(lines_of("12345\n123456\n1\n", 5) == "[12345][12345…][1]");
  CHECK(lines_of(std::string(200'000, 'x') + "\ny\n", 2) == "[xx…][y]");
}

TEST_CASE("a regular file tells its size, and how much of it was taken", "[input_file]") {
  const written_file written{"one\ntwo\nthree"};
  auto file = input_file::open(written.path);
  REQUIRE(file.ok());
  CHECK(file->size() == 13);
  CHECK(file->bytes_taken() == 0);
  REQUIRE(file->read_line(10).ok());
  CHECK(file->bytes_taken() == 4);
  while (*file->read_line(10))
    ;
  CHECK(file->bytes_taken() == 13);
}

TEST_CASE("what is no regular file tells no size", "[input_file]") {
  CHECK_FALSE(input_file::open("/dev/null")->size());
  CHECK_FALSE(input_file::open("/proc/self/status")->size());
}

TEST_CASE("a file is read as a whole", "[input_file]") {
  const auto content = std::string{"zero\0byte\n", 10} + std::string(150'000, 'x');
  const written_file written{content};
  CHECK(read_file(written.path).value() == content);
}

TEST_CASE("a guard is asked before each read, and may end the input", "[input_file]") {
  const written_file written{"one\n" + std::string(100'000, 'x') + "\nend\n"};
  auto file = input_file::open(written.path);
  REQUIRE(file.ok());
  int asked = 0;
  file->set_read_guard([&](int input) { return input >= 0 && ++asked < 2; });

  CHECK((*file->read_line(200'000))->text == "one");
  CHECK(asked == 1); // Its line was read together with the beginning of the next one.
  const auto cut = file->read_line(200'000);
  CHECK(asked == 2);
  REQUIRE(*cut);
  CHECK((*cut)->text.size() < 100'000);
  CHECK_FALSE(*file->read_line(200'000));
}

TEST_CASE("a file that cannot be read is a failure with the system's reason", "[input_file]") {
  CHECK(read_file("/nowhere").error().what ==
        "cannot read the file '/nowhere': No such file or directory");
  CHECK(read_file("/").error().what == "cannot read the file '/': Is a directory");
  CHECK_FALSE(input_file::open("/")->read_line(10).ok());
}

TEST_CASE("a standard input that is closed is a failure, not an empty one", "[input_file]") {
  const auto status = test::status_of_forked([] {
    ::close(STDIN_FILENO);
    return read_file("-").error().what ==
                   "cannot read the standard input: it is closed, or not open for reading"
               ? 0
               : 1;
  });
  CHECK(status == 0);
}
