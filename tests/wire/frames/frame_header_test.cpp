#include "wire/frames/frame_header.hpp"

#include "wire/frames/sample_frames.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace belfry;
using namespace belfry::test;

namespace {

constexpr std::uint64_t any_actor = 77;

/// One header for each row of the table.
struct row {
  frame_stage stage;
  sample_header header;
  std::uint32_t payload_bytes;
};

const std::vector<row> rows{
    {frame_stage::server_greeting, {0, 0, 3, 0, 0}, 58},
    {frame_stage::client_greeting, {1, 0, 0, 0, 0}, 32},
    {frame_stage::selection, {1, 2, 0, 0, 0}, 32},
    {frame_stage::open, {2, 0, asynchronous_message, 0, any_actor}, 43},
    {frame_stage::open, {2, 1, asynchronous_message, any_actor, atom_number("SpawnServ")}, 45},
    {frame_stage::open, {4, 0, 0, 0, any_actor}, 64},
    {frame_stage::open, {5, 0, 0, any_actor, 0}, 79},
    {frame_stage::open, {6, 0, 0, 0, 0}, 0},
};

/// The violation in a header; empty: none.
std::string violation_in(frame_stage stage, const std::string& bytes) {
  const auto header = read_frame_header(bytes);
  const auto* rule = find_frame_rule(header, stage);
  return rule ? header_violation(header, *rule).value_or("") : unexpected_frame(header, stage);
}

std::string violation_in(frame_stage stage, const sample_header& header, std::uint32_t bytes) {
  return violation_in(stage, header_of(header, bytes));
}

} // namespace

TEST_CASE("a header is read as CAF writes it", "[frames]") {
  const auto header = read_frame_header(header_of({5, 2, 0x0102030405060708, 9, 10}, 0x01020304));
  CHECK(header.operation == 5);
  CHECK(header.padding == 0);
  CHECK(header.flags == 2);
  CHECK(header.payload_bytes == 0x01020304);
  CHECK(header.operation_data == 0x0102030405060708);
  CHECK(header.source_actor == 9);
  CHECK(header.dest_actor == 10);
}

TEST_CASE("every header of the table is valid in its stage, and only there", "[frames]") {
  for (const auto& [stage, header, payload_bytes] : rows)
    for (const auto other : {frame_stage::client_greeting, frame_stage::selection,
                             frame_stage::server_greeting, frame_stage::open}) {
      INFO("operation " << int{header.operation} << ", flags " << int{header.flags});
      CHECK(violation_in(other, header, payload_bytes).empty() == (other == stage));
    }
}

TEST_CASE("an operation with other flags, or an unknown one, is refused in every stage",
          "[frames]") {
  for (const auto stage : {frame_stage::client_greeting, frame_stage::selection,
                           frame_stage::server_greeting, frame_stage::open})
    for (unsigned operation = 0; operation < 256; ++operation)
      for (unsigned flags = 0; flags < 256; ++flags) {
        frame_header header;
        header.operation = static_cast<std::uint8_t>(operation);
        header.flags = static_cast<std::uint8_t>(flags);
        const bool is_in_table = std::any_of(rows.begin(), rows.end(), [&](const row& allowed) {
          return allowed.stage == stage && allowed.header.operation == operation &&
                 allowed.header.flags == flags;
        });
        if ((find_frame_rule(header, stage) != nullptr) != is_in_table)
          FAIL("operation " << operation << ", flags " << flags);
      }
}

TEST_CASE("what is refused is named, and what was expected", "[frames]") {
  CHECK(violation_in(frame_stage::client_greeting, {0, 0, 3, 0, 0}, 58) ==
        "operation is 0 with flags 0, expected client_handshake (1) with flags 0");
  CHECK(violation_in(frame_stage::client_greeting, {1, 0, 0, 0, 0}, 0) ==
        "payload_bytes is 0, expected 32");
  CHECK(violation_in(frame_stage::server_greeting, {0, 0, 4, 0, 0}, 58) ==
        "operation_data is 4, expected 3");
  CHECK(violation_in(frame_stage::open, {2, 0, asynchronous_message, 1, 0}, 43) ==
        "dest_actor is 0, expected at least 1");
  CHECK(violation_in(frame_stage::open, {5, 0, 0, 1, 0}, 65'537) ==
        "payload_bytes is 65537, expected 79 to 65536");
  CHECK_THAT(violation_in(frame_stage::open, {3, 0, asynchronous_message, 1, 6}, 200),
             Catch::StartsWith("operation is 3 with flags 0, expected direct_message (2) with "
                               "flags 0 or direct_message (2) with flags 1 or "));
}

TEST_CASE("requests, responses and streams are refused", "[frames]") {
  for (const std::uint64_t id : {0ULL, 1ULL, 0x1000'0000'0000'0001ULL, 0x9000'0000'0000'0001ULL,
                                 0x2000'0000'0000'0000ULL, 0x3000'0000'0000'0000ULL})
    CHECK_THAT(violation_in(frame_stage::open, {2, 0, id, 1, 6}, 43),
               Catch::StartsWith("operation_data is "));
}

TEST_CASE("each field of each row is checked", "[frames]") {
  for (const auto& [stage, header, payload_bytes] : rows) {
    INFO("operation " << int{header.operation} << ", flags " << int{header.flags});
    auto changed = header;
    changed.operation_data ^= 1;
    CHECK_THAT(violation_in(stage, changed, payload_bytes), Catch::StartsWith("operation_data"));

    auto padded = header_of(header, payload_bytes);
    padded[1] = 1;
    CHECK(violation_in(stage, padded) == "padding is 256, expected 0");

    const bool is_any_length = header.operation == 2 && header.flags == 0;
    if (!is_any_length)
      CHECK_THAT(violation_in(stage, header, 0xffff'ffff), Catch::StartsWith("payload_bytes"));
    if (payload_bytes > 0)
      CHECK_THAT(violation_in(stage, header, payload_bytes - 1),
                 Catch::StartsWith("payload_bytes"));

    changed = header;
    changed.dest_actor = header.dest_actor == 0 ? 1 : 0;
    CHECK_THAT(violation_in(stage, changed, payload_bytes), Catch::StartsWith("dest_actor"));

    changed = header;
    changed.source_actor = header.source_actor == 0 ? 1 : 0;
    const bool is_any_source = is_any_length;
    if (!is_any_source)
      CHECK_THAT(violation_in(stage, changed, payload_bytes), Catch::StartsWith("source_actor"));
  }
}
