#include "wire/exec_payload.hpp"

#include <catch2/catch.hpp>

namespace belfry {

TEST_CASE("an exec payload is read as it was written", "[exec_payload]") {
  exec_payload all;
  all.command = {"gzip", "-9", "big \"log\""};
  all.environment = {{"LANG", "C"}, {"EMPTY", ""}};
  all.directory = "/var/log";
  all.stdin_text = std::string{"zero\0byte", 9};
  CHECK(parse_exec_payload(*write(all)).value() == all);

  exec_payload shell;
  shell.command = {"ls | wc -l"};
  shell.shell = true;
  CHECK(parse_exec_payload(*write(shell)).value() == shell);
  CHECK(*write(shell) == R"({"command":"ls | wc -l","shell":true})");
}

TEST_CASE("a malformed exec payload is refused with its field", "[exec_payload]") {
  const auto parse_error = [](const std::string& text) {
    const auto parsed = parse_exec_payload(text);
    return parsed.ok() ? std::string{"accepted"} : parsed.error().what;
  };
  CHECK_THAT(parse_error("gzip"), Catch::Contains("not a JSON document"));
  CHECK_THAT(parse_error("[]"), Catch::Contains("the payload is [], expected an object"));
  CHECK_THAT(parse_error("{}"), Catch::Contains("command is missing"));
  CHECK_THAT(parse_error(R"({"command":"ls -l"})"),
             Catch::Contains(R"(one string needs "shell": true)"));
  CHECK_THAT(parse_error(R"({"command":[]})"), Catch::Contains("command is empty"));
  CHECK_THAT(parse_error(R"({"command":[""]})"), Catch::Contains("command is empty"));
  CHECK_THAT(parse_error(R"({"command":["ls",7]})"),
             Catch::Contains("command[1] is 7, expected a string"));
  CHECK_THAT(parse_error(R"({"command":["l\u0000s"]})"),
             Catch::Contains("command[0] holds a zero byte"));
  CHECK_THAT(parse_error(R"({"command":["ls"],"shell":true})"),
             Catch::Contains("command (with shell)"));
  CHECK_THAT(parse_error(R"({"command":["ls"],"shell":1})"),
             Catch::Contains("shell is 1, expected true or false"));
  CHECK_THAT(parse_error(R"({"command":["ls"],"environment":[]})"),
             Catch::Contains("environment is []"));
  CHECK_THAT(parse_error(R"({"command":["ls"],"environment":{"A=B":"c"}})"),
             Catch::Contains("'A=B'"));
  CHECK_THAT(parse_error(R"({"command":["ls"],"environment":{"A":1}})"),
             Catch::Contains("environment.A"));
  CHECK_THAT(parse_error(R"({"command":["ls"],"directory":false})"),
             Catch::Contains("directory is false"));
  CHECK_THAT(parse_error(R"({"command":["ls"],"stdin":{}})"), Catch::Contains("stdin is {}"));
  CHECK_THAT(parse_error(R"({"command":["ls"],"timeout":3})"),
             Catch::Contains("no field 'timeout'"));
  CHECK_THAT(parse_error(R"({"command":["ls"],"command":["rm"]})"),
             Catch::Contains("has the field 'command' twice"));
  CHECK_THAT(parse_error(R"({"command":["ls"],"environment":{"A":"1","A":"2"}})"),
             Catch::Contains("environment has the field 'A' twice"));
  CHECK_THAT(parse_error(std::string(100'000, '[')), Catch::Contains("the limit is 64 deep"));
}

TEST_CASE("an exec payload that cannot be written is refused", "[exec_payload]") {
  CHECK_FALSE(write({}).ok());
  CHECK(write({.command = {"caf\xe9"}}).error().what == "exec: not valid UTF-8");
  CHECK_FALSE(write({.command = {"a", "b"}, .shell = true}).ok());
}

} // namespace belfry
