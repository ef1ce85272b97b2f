#include "wire/frames/payload_reader.hpp"

#include "wire/frames/sample_frames.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace belfry;
using namespace belfry::test;

namespace {

payload_reader reader_of(const std::string& payload) {
  return {payload, static_cast<std::uint32_t>(payload.size())};
}

} // namespace

TEST_CASE("fields are read in turn", "[frames]") {
  const auto payload = bytes_of(258, 2) + text_of("bell") + node_of('n') + "rest";
  auto subject = reader_of(payload);
  CHECK(subject.number("number", 2) == 258);
  CHECK(subject.text("text") == "bell");
  CHECK(subject.node("node") == to_frame_node(node_of('n')));
  subject.expect_rest("rest", 4);
  CHECK_FALSE(subject.violation());
}

TEST_CASE("a length has up to five bytes", "[frames]") {
  for (const std::uint32_t length : {0U, 1U, 127U, 128U, 300U, 65'536U, 0xffff'ffffU}) {
    const auto payload = length_of(length);
    auto subject = reader_of(payload);
    CHECK(subject.length("length") == length);
    CHECK_FALSE(subject.violation());
  }
}

TEST_CASE("a length beyond 32 bits, or not as short as it can be, is refused", "[frames]") {
  const std::string too_large = "\x80\x80\x80\x80\x10";
  auto subject = reader_of(too_large);
  CHECK(subject.length("stages") == 0);
  CHECK(subject.violation() == "stages is 4294967296, expected 0 to 4294967295");

  const std::string padded{"\x80\0", 2};
  auto padded_reader = reader_of(padded);
  CHECK(padded_reader.length("stages") == 0);
  CHECK(padded_reader.violation() == "the length of stages ends in an empty byte");

  const std::string endless(100, '\xff');
  auto endless_reader = reader_of(endless);
  CHECK(endless_reader.length("stages") == 0);
  CHECK(endless_reader.violation() == "the length of stages has more than 5 bytes");
}

TEST_CASE("a field that the payload has no bytes for is refused", "[frames]") {
  const std::string payload = "abc";
  auto number = reader_of(payload);
  CHECK(number.number("actor", 8) == 0);
  CHECK(number.violation() == "actor has 3 bytes, expected 8");

  const auto text = length_of(4'000'000) + "abc";
  auto text_reader = reader_of(text);
  CHECK(text_reader.text("types").empty());
  CHECK(text_reader.violation() == "types has 3 bytes, expected 4000000");
}

TEST_CASE("the first violation is kept", "[frames]") {
  const std::string payload(20, '\1');
  auto subject = reader_of(payload);
  subject.number("first", 1, exactly(0));
  subject.number("second", 1, exactly(0));
  subject.expect_rest("third", 99);
  subject.expect_text("fourth", "text");
  subject.expect_node("fifth", to_frame_node(node_of('n')));
  CHECK(subject.violation() == "first is 1, expected 0");
}

TEST_CASE("a process without a number, or of another kind, is refused", "[frames]") {
  for (const auto& node : {atom_of("uri") + bytes_of(1, 4) + std::string(20, 'n'),
                           atom_of("default") + bytes_of(0, 4) + std::string(20, 'n'),
                           atom_of("default") + bytes_of(1, 4) + std::string(20, '\0')}) {
    auto subject = reader_of(node);
    (void)subject.node("source_node");
    REQUIRE(subject.violation());
    CHECK_THAT(*subject.violation(), Catch::EndsWith("expected a process"));
  }
}

TEST_CASE("a text by a peer is fit for a line of the log", "[frames]") {
  CHECK(excerpt("@<>+@str") == "@<>+@str");
  CHECK(excerpt("a\nlink.refused peer=\"b\"\x1b[2J\xff") == "a?link.refused peer=?b??[2J?");
  CHECK(excerpt(std::string(41, 'x')) == std::string(40, 'x') + "...");
}
