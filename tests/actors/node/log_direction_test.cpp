// Where the log of a program's nodes goes.
#include "own_node.hpp"

#include "base/standard_error_sink.hpp"
#include "support/captured_log.hpp"

#include <spdlog/sinks/dist_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace belfry;

namespace {

/// What one sink has taken. Lines come one at a time, and none while a test reads.
struct taken_lines {
  std::vector<log_level> levels;
  std::vector<instant> times;
  std::vector<std::string> texts;

  [[nodiscard]] log_options options(log_level level) {
    return {.level = level, .sink = [this](const log_line& line) {
              levels.push_back(line.level);
              times.push_back(line.at);
              texts.emplace_back(line.text);
            }};
  }
  [[nodiscard]] auto count(const std::string& event) const {
    return std::count_if(texts.begin(), texts.end(),
                         [&](const std::string& text) { return text.starts_with(event + " "); });
  }
};

struct log_fixture : test::own_node {
  test::captured_log program; ///< the program's own logger
  taken_lines taken;

  [[nodiscard]] node_options logged(log_level level) {
    auto chosen = options();
    chosen.log = taken.options(level);
    return chosen;
  }
};

} // namespace

TEST_CASE_METHOD(log_fixture, "the log of a node goes to the sink of its options", "[node]") {
  start(logged(log_level::info)).reset();

  CHECK(taken.count("node.started") == 1);
  CHECK(taken.count("node.stopped") == 1);
  CHECK(taken.levels.front() == log_level::info);
  CHECK(taken.times.front() > instant_of_ms(1'700'000'000'000)); // By the machine's clock.
  CHECK(program.text().empty());
}

TEST_CASE_METHOD(log_fixture, "lines below the level of the options are left out", "[node]") {
  start(logged(log_level::error)).reset();
  CHECK(taken.texts.empty());

  start(logged(log_level::off)).reset();
  CHECK(taken.texts.empty());
}

TEST_CASE_METHOD(log_fixture, "why a node cannot start is told to the sink of its options",
                 "[node]") {
  auto wrong = logged(log_level::warning);
  wrong.storage = directory_storage{};
  CHECK_FALSE(node::start(std::move(wrong)).ok());

  REQUIRE(taken.texts.size() == 1);
  CHECK(taken.count("node.start_failed") == 1);
  CHECK(taken.levels.front() == log_level::error);
}

TEST_CASE_METHOD(log_fixture, "the sink gets nothing after the end of its node", "[node]") {
  start(logged(log_level::info)).reset();
  const auto lines = taken.texts.size();
  CHECK(program.text().empty());

  start(options()).reset();

  CHECK(taken.texts.size() == lines);
  CHECK(program.count("node.started") == 1); // The program's logger has the log again.
}

TEST_CASE_METHOD(log_fixture, "the nodes of a process share a log, and the latest options decide",
                 "[node]") {
  auto first = start(logged(log_level::info));
  taken_lines later;
  test::own_node other;
  auto chosen = other.options();
  chosen.log = later.options(log_level::info);
  auto second = start(chosen);
  CHECK(taken.count("node.started") == 1);
  CHECK(later.count("node.started") == 1);

  first.reset();
  CHECK(taken.count("node.stopped") == 0);
  CHECK(later.count("node.stopped") == 1);
}

TEST_CASE_METHOD(log_fixture, "a program's own logger is used by a node without log options",
                 "[node]") {
  start(options()).reset();
  CHECK(program.count("node.started") == 1);
  CHECK(spdlog::default_logger()->name() == "caught");
}

TEST_CASE_METHOD(log_fixture, "without a logger of the program lines go to the standard error",
                 "[node]") {
  const auto former = spdlog::default_logger();
  spdlog::set_default_logger(std::make_shared<spdlog::logger>(
      "", std::make_shared<spdlog::sinks::stdout_color_sink_mt>())); // As spdlog makes it.
  start(options()).reset();
  const auto logger = spdlog::default_logger();
  spdlog::set_default_logger(former);

  REQUIRE(logger->sinks().size() == 1);
  const auto outlets =
      std::dynamic_pointer_cast<spdlog::sinks::dist_sink_mt>(logger->sinks().front());
  REQUIRE(outlets);
  REQUIRE(outlets->sinks().size() == 1);
  CHECK(std::dynamic_pointer_cast<standard_error_sink>(outlets->sinks().front()));
}

TEST_CASE_METHOD(log_fixture, "a logger that a program sets again is used as it was", "[node]") {
  const auto former = spdlog::default_logger();
  spdlog::set_default_logger(std::make_shared<spdlog::logger>(
      "", std::make_shared<spdlog::sinks::stdout_color_sink_mt>()));
  start(options()).reset(); // Its lines go to the standard error from now on.
  const auto directed = spdlog::default_logger();
  const auto outlets =
      std::dynamic_pointer_cast<spdlog::sinks::dist_sink_mt>(directed->sinks().at(0));
  REQUIRE(outlets);
  const auto sinks = outlets->sinks();

  {
    const test::captured_log another;
    start(logged(log_level::info)).reset();
    CHECK(taken.count("node.started") == 1);
    CHECK(outlets->sinks() == sinks);
  }

  CHECK(spdlog::default_logger() == directed);
  CHECK(outlets->sinks() == sinks);
  spdlog::set_default_logger(former);
}
