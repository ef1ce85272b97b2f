#include "cli/http_flags.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace belfry;
using namespace belfry::shell;

TEST_CASE("an address for HTTP may leave out host or port", "[flags]") {
  const auto is = [](const std::string& text, const std::string& host, int port) {
    const auto read = parse_http_address(text);
    return read && read->bind == host && read->port == port;
  };
  CHECK(is("127.0.0.1:4180", "127.0.0.1", 4180));
  CHECK(is("10.0.0.5:80", "10.0.0.5", 80));
  CHECK(is("10.0.0.5", "10.0.0.5", 4180));
  CHECK(is(":9000", "127.0.0.1", 9000));
  CHECK(is("9000", "127.0.0.1", 9000));
  CHECK(is("127.0.0.1:0", "127.0.0.1", 0));
  CHECK(is("[::1]:9000", "::1", 9000));
  CHECK(is("[::1]", "::1", 4180));
  CHECK(is("::1", "::1", 4180));
  CHECK(is("localhost:9000", "localhost", 9000));
}

TEST_CASE("a text that is no address for HTTP is refused", "[flags]") {
  for (const std::string text : {"", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "70000"}) {
    INFO(text);
    const auto read = parse_http_address(text);
    REQUIRE_FALSE(read.ok());
    CHECK(read.error().what ==
          "'" + text + "' is not an address; expected host:port, as in 127.0.0.1:4180");
  }
}
