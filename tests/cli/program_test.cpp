#include "cli/program.hpp"

#include <catch2/catch.hpp>

using namespace belfry;
using namespace belfry::shell;

namespace {

std::string read(const std::string& place) {
  const auto address = parse_node_address(place);
  return address ? address->host + " " + std::to_string(address->port) : address.error().what;
}

} // namespace

TEST_CASE("an address is a host, a port or both", "[cli]") {
  CHECK(read("example.org:4200") == "example.org 4200");
  CHECK(read("example.org") == "example.org 4100");
  CHECK(read(":4200") == "127.0.0.1 4200");
  CHECK(read("[::1]:4200") == "::1 4200");
  CHECK(read("[::1]") == "::1 4100");
  CHECK(read("::1") == "::1 4100");
  CHECK(read(to_string(node_address{"fe80::1", 4200})) == "fe80::1 4200");
}

TEST_CASE("the brackets of a host are not a part of it", "[cli]") {
  CHECK(without_brackets("[::1]") == "::1");
  CHECK(without_brackets("::1") == "::1");
  CHECK(without_brackets("tower") == "tower");
  CHECK(without_brackets("[]") == "[]");
  program belfry;
  belfry.host = "[::1]";
  CHECK(to_string(belfry.node_addresses().front()) == "[::1]:4100");
}

TEST_CASE("an invalid address is refused", "[cli]") {
  for (const auto* place : {"", "host:", "host:x", "host:0", "host:70000", "host:42x", ":"})
    CHECK(read(place).find("expected host:port") != std::string::npos);
}

TEST_CASE("the code of a failure determines the exit status", "[cli]") {
  CHECK(exit_code_of(errc::invalid_argument) == exit_code::refused);
  CHECK(exit_code_of(errc::wrong_state) == exit_code::refused);
  CHECK(exit_code_of(errc::unavailable) == exit_code::unavailable);
  CHECK(exit_code_of(errc::overloaded) == exit_code::unavailable);
  CHECK(exit_code_of(errc::storage) == exit_code::unavailable);   // The node's disk is full.
  CHECK(exit_code_of_local(errc::storage) == exit_code::refused); // A file of this machine.
  CHECK(exit_code_of_local(errc::not_found) == exit_code::not_found);
  CHECK(exit_code_of_local(errc::unavailable) == exit_code::unavailable);
  CHECK(exit_code_of(errc::not_found) == exit_code::not_found);
  CHECK(exit_code_of(errc::forgotten) == exit_code::not_found);
  CHECK(exit_code_of(errc::timed_out) == exit_code::timed_out);
}
