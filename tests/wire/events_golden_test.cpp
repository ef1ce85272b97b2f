// Journals that earlier versions wrote stay readable: see golden/README.md.
#include "golden.hpp"
#include "sample_events.hpp"
#include "wire/event_codec.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace belfry;

namespace {

bool is_event(const golden_file& file) {
  return file.text.empty();
}

std::optional<event> sample_named(const std::string& name) {
  for (const auto& one : sample_events())
    if (one.name == name)
      return one.what;
  return std::nullopt;
}

} // namespace

TEST_CASE("events of every earlier version still mean what they meant", "[golden]") {
  std::set<std::string> checked;
  for (const auto& file : read_golden_files()) {
    if (!is_event(file))
      continue;
    INFO(file.generation << "/" << file.name);
    const auto meant = sample_named(file.name);
    REQUIRE(meant.has_value());
    int count = 0;
    const auto read = wire::read_events(file.bytes, [&](const event& what) {
      CHECK(is_same(what, *meant));
      ++count;
    });
    CHECK(read.ok());
    CHECK(count == 1);
    checked.insert(file.name);
  }
  for (const auto& one : sample_events()) {
    INFO(one.name << " has no bytes: run wire_tests '[write_golden]' and see golden/README.md");
    CHECK(checked.contains(one.name));
  }
}

TEST_CASE("write the missing golden bytes of events", "[.][write_golden]") {
  for (const auto& one : sample_events()) {
    wire::event_writer writer;
    writer.add(one.what);
    write_golden_file({golden_generation, one.name, writer.take(), {}});
  }
}
