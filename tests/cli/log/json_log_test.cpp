#include "cli/log/json_log.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/details/log_msg.h>

#include <catch2/catch.hpp>

#include <chrono>
#include <string>
#include <string_view>

using namespace belfry::shell;
using namespace std::chrono_literals;

namespace {

std::string line_of(std::string_view message, const std::string& node = "tower") {
  const spdlog::log_clock::time_point at{1'795'521'600'250ms};
  spdlog::memory_buf_t line;
  json_log_formatter(node, 4711)
      ->format({at, {}, "belfry", spdlog::level::warn, {message.data(), message.size()}}, line);
  return {line.data(), line.size()};
}

std::string message_of(const std::string& line) {
  return nlohmann::json::parse(line).at("message");
}

} // namespace

TEST_CASE("a line of the log is one object of JSON", "[cli]") {
  CHECK(line_of("shard.serving shard=0") ==
        R"({"time":"2026-11-24T12:00:00.250Z","level":"warning","node":"tower","pid":4711,)"
        R"("message":"shard.serving shard=0"})"
        "\n");
}

TEST_CASE("a program reads quotation marks and line ends of a log as they are", "[cli]") {
  const std::string message = "task.dead error=\"no\\such\nfile\t\" \x01\x7f\u009b31m\u2028 é";
  const auto line = line_of(message);
  CHECK(message_of(line) == message);
  CHECK(line.find_first_of("\n\t\x01\x7f") == line.size() - 1);
  CHECK(line.find("\u009b") == std::string::npos);
}

TEST_CASE("bytes of a log that are not UTF-8 become text", "[cli]") {
  CHECK(message_of(line_of("name=\xff\xc3")) == "name=\\xff\\xc3");
  CHECK(nlohmann::json::parse(line_of("", "to\xfewer")).at("node") == "to\\xfewer");
}

TEST_CASE("the copy of a formatter writes the same", "[cli]") {
  spdlog::memory_buf_t line;
  json_log_formatter("tower", 1)->clone()->format({"belfry", spdlog::level::err, "x"}, line);
  const auto object = nlohmann::json::parse(std::string{line.data(), line.size()});
  CHECK(object.at("node") == "tower");
  CHECK(object.at("level") == "error");
}
