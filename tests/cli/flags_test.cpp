#include "cli/flags.hpp"

#include <CLI/App.hpp>

#include <catch2/catch.hpp>

#include <optional>

using namespace belfry;
using namespace belfry::shell;

namespace {

std::string number_error(const std::string& text) {
  const auto read = parse_number(text, -100, 100);
  return read ? "accepted" : read.error().what;
}

/// What is wrong with the words, which come last first; `accepted`: nothing.
std::string parse(CLI::App& app, std::vector<std::string> words) {
  try {
    app.parse(std::move(words));
    return "accepted";
  } catch (const CLI::ParseError& error) {
    return error.what();
  }
}

} // namespace

TEST_CASE("a number of the command line has decimal digits and a range", "[cli]") {
  CHECK(*parse_number("-100", -100, 100) == -100);
  CHECK(*parse_number("010", -100, 100) == 10);
  for (const auto* text : {"101", "-101", "0x10", "1.0", "1e1", "+1", " 1", "1 ", "", "one",
                           "99999999999999999999999"})
    CHECK(number_error(text) ==
          "is '" + std::string{text} + "', expected a whole number from -100 to 100");
}

TEST_CASE("an option with a number stores it, or is refused with its name", "[cli]") {
  CLI::App app;
  std::uint16_t port = 1;
  std::optional<std::uint32_t> weight;
  add_number(app, "--port", port, 1, 65'535, "");
  add_number(app, "--weight", weight, 0, 100, "");
  CHECK(parse(app, {"65535", "--port", "7", "--weight"}) == "accepted");
  CHECK(port == 65'535);
  CHECK(weight == 7U);
  CHECK(parse(app, {"65536", "--port"}) ==
        "--port: is '65536', expected a whole number from 1 to 65535");
}

TEST_CASE("an empty option is refused, an empty payload is not", "[cli]") {
  CLI::App app;
  std::string queue;
  std::string payload;
  std::vector<std::string> names;
  auto* command = app.add_subcommand("submit");
  command->add_option("PAYLOAD", payload);
  command->add_option("--queue", queue);
  command->add_option("--names", names)->delimiter(',');
  bool is_json = false;
  app.add_flag("--json", is_json);
  refuse_empty_values(app);
  CHECK(parse(app, {"", "submit", "--json"}) == "accepted");
  CHECK(parse(app, {"a", "--queue", "submit"}) == "accepted");
  CHECK(parse(app, {"", "--queue", "submit"}) ==
        "--queue: is empty; leave it out, or give it a value");
  CHECK(parse(app, {"", "--names", "submit"}) ==
        "--names: is empty; leave it out, or give it a value");
}

TEST_CASE("an option with nothing behind its equals sign is refused", "[cli]") {
  check_words({"submit", "--queue=a", "--env", "X=", "--key=a=", "--", "--key="});
  CHECK_THROWS_WITH(check_words({"submit", "--key=", "mail"}),
                    "--key: is empty; leave it out, or give it a value");
}
