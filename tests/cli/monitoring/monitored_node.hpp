#pragma once

#include "cli/node_program.hpp"
#include "os/http/http_exchange.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

namespace belfry::test {

/// A node that keeps its tasks in a directory, and serves HTTP at a free port. `variables` are
/// `NAME=value` in its environment.
struct monitored_node : temporary_directory, node_program {
  explicit monitored_node(const std::string& flags = "", const std::string& variables = "")
      : node_program("--data " + directory + "/data --shards 2 --http 127.0.0.1:0 " + flags,
                     variables) {
    const auto line = next_line();
    REQUIRE(line.starts_with("HTTP on 127.0.0.1:"));
    http_port = static_cast<std::uint16_t>(std::stoi(line.substr(line.rfind(':') + 1)));
  }

  http_answer get(const std::string& path) { return http_get(http_port, path); }

  std::uint16_t http_port = 0;
};

/// A file of docs.
inline std::string read_text(const std::string& path) {
  std::ifstream file{std::string{BELFRY_SOURCE_DIRECTORY} + "/docs/" + path};
  REQUIRE(file.is_open());
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// The first group of all parts of `text` that match.
inline std::set<std::string> matches_in(const std::string& text, const std::string& pattern) {
  const std::regex wanted{pattern};
  return {std::sregex_token_iterator{text.begin(), text.end(), wanted, 1}, {}};
}

} // namespace belfry::test
