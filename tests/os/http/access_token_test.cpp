#include "os/http/access_token.hpp"

#include "support/scratch_directory.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <string>

using namespace belfry;
using Catch::Contains;

namespace {

struct token_file : scratch_directory {
  std::string write(const std::string& content,
                    std::filesystem::perms mode = std::filesystem::perms{0600}) {
    const auto name = this->file("token");
    std::ofstream{name} << content;
    std::filesystem::permissions(name, mode);
    return name;
  }
  std::string error(const std::string& name) {
    const auto read = read_token(name);
    return read ? "" : read.error().what;
  }
};

} // namespace

TEST_CASE_METHOD(token_file, "a token is read from a file, without the newline", "[http]") {
  CHECK(*read_token(write("0123456789abcdef\n")) == "0123456789abcdef");
}

TEST_CASE_METHOD(token_file, "a file that is no token is refused with the reason", "[http]") {
  CHECK_THAT(error(write("short\n")), Contains("has 5 characters, expected 16 to 4096"));
  CHECK_THAT(error(write("0123456789 abcdef")), Contains("printable ASCII"));
  CHECK_THAT(error(file("missing")), Contains("missing"));
  CHECK_THAT(error(write("0123456789abcdef", std::filesystem::perms{0644})),
             Contains("can be read by every user"));
}

TEST_CASE("only the very token is accepted", "[http]") {
  const std::string token = "0123456789abcdef";
  CHECK(bears_token("Bearer " + token, token));
  CHECK(bears_token("bearer " + token, token));
  CHECK_FALSE(bears_token("Bearer 0123456789abcdeF", token));
  CHECK_FALSE(bears_token("Bearer 0123456789abcde", token));
  CHECK_FALSE(bears_token("Bearer " + token + "0", token));
  CHECK_FALSE(bears_token("Basic " + token, token));
  CHECK_FALSE(bears_token(token, token));
  CHECK_FALSE(bears_token("Bearer ", token));
  CHECK_FALSE(bears_token("", token));
}
