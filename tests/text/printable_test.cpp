#include "text/printable.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace belfry;

TEST_CASE("a printable text keeps letters, quotation marks and backslashes", "[text]") {
  CHECK(printable("").empty());
  CHECK(printable(R"(C:\mail "größer" 日本 🔔)") == R"(C:\mail "größer" 日本 🔔)");
}

TEST_CASE("a printable text has no control character and no second line", "[text]") {
  CHECK(printable("a\x1b[31mred\n  state     succeeded") ==
        R"(a\u001b[31mred\n  state     succeeded)");
  CHECK(printable("\x1b]0;pwn\x07\x1b[2J") == R"(\u001b]0;pwn\u0007\u001b[2J)");
  CHECK(printable("10%\r20%\tdone\x7f") == R"(10%\r20%\tdone\u007f)");
  CHECK(printable(std::string_view{"\0", 1}) == R"(\u0000)");
}

TEST_CASE("a printable text has no control character of two bytes", "[text]") {
  CHECK(printable("\u009b31m") == R"(\u009b31m)");
  CHECK(printable("\u0080\u0085\u009f\u00a0") == "\\u0080\\u0085\\u009f\u00a0");
}

TEST_CASE("a printable text neither breaks lines elsewhere nor turns the text around it",
          "[text]") {
  CHECK(printable("a\u2028b\u2029c") == R"(a\u2028b\u2029c)");
  CHECK(printable("\u202etxt.exe\u202c \u2066x\u2069") == R"(\u202etxt.exe\u202c \u2066x\u2069)");
  CHECK(printable("\u2027\u202f\u2065\u206a") == "\u2027\u202f\u2065\u206a");
}

TEST_CASE("bytes that are not UTF-8 are shown by number", "[text]") {
  CHECK(printable("\x80"
                  "a\xff") == R"(\x80a\xff)");
  CHECK(printable("\x9b"
                  "31m") == R"(\x9b31m)");
  CHECK(printable("\xc3") == R"(\xc3)");         // Cut off.
  CHECK(printable("\xc0\x8a") == R"(\xc0\x8a)"); // An overlong line end.
  CHECK(printable("\xe0\x80\x8a") == R"(\xe0\x80\x8a)");
  CHECK(printable("\xf0\x80\x80\x8a") == R"(\xf0\x80\x80\x8a)");
  CHECK(printable("\xed\xa0\x80") == R"(\xed\xa0\x80)");         // Half of a pair.
  CHECK(printable("\xf4\x90\x80\x80") == R"(\xf4\x90\x80\x80)"); // Beyond Unicode.
  CHECK(printable("\xe2\x82z") == R"(\xe2\x82z)");
}

TEST_CASE("what is printable stays as it is", "[text]") {
  const auto once = printable("a\x1b[31m\u009b\xff\n");
  CHECK(printable(once) == once);
}

TEST_CASE("printable lines stay behind their indentation and keep their tabs", "[text]") {
  CHECK(printable_lines("one\n\n  state     succeeded\n\n", "    ") ==
        "    one\n    \n      state     succeeded\n");
  CHECK(printable_lines("a\tb\r\nc\x1b[2J\r\n", "  ") == "  a\tb\n  c\\u001b[2J\n");
  CHECK(printable_lines("\u009b31m\x0bx", "  ") == "  \\u009b31m\\u000bx\n");
  CHECK(printable_lines("\n\r\n", "  ").empty());
  CHECK(printable_lines("", "  ").empty());
}

TEST_CASE("a plain word is a value of a log line as it is", "[text]") {
  CHECK(log_value("mail") == "mail");
  CHECK(log_value("tower:4100") == "tower:4100");
  CHECK(log_value("größer") == "größer");
}

TEST_CASE("any other value of a log line is quoted, so that nobody forges names or lines",
          "[text]") {
  CHECK(log_value("") == R"("")");
  CHECK(log_value("x slots=9") == R"("x slots=9")");
  CHECK(log_value("a=b") == R"("a=b")");
  CHECK(log_value(R"(x" queue="y\z)") == R"("x\" queue=\"y\\z")");
  CHECK(log_value("a\n[error] node.stopped") == R"("a\n[error] node.stopped")");
  CHECK(log_value("a\x1b[2J") == R"("a\u001b[2J")");
  CHECK(log_value("\xff") == R"("\xff")");
}

TEST_CASE("a long value of a log line is cut between two characters", "[text]") {
  const std::string full(log_value_bytes_max, 'x');
  CHECK(log_value(full) == full);
  CHECK(log_value(full + "y") == "\"" + full + "…\"");
  const std::string before(log_value_bytes_max - 1, 'x');
  CHECK(log_value(before + "ö") == "\"" + before + "…\"");
}
