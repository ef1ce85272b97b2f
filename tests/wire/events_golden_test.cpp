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
  for (const auto& sample : sample_events())
    if (sample.name == name)
      return sample.value;
  return std::nullopt;
}

} // namespace

TEST_CASE("events of every earlier version are read with their old meaning", "[golden]") {
  std::set<std::string> checked;
  for (const auto& file : read_golden_files()) {
    if (!is_event(file))
      continue;
    INFO(file.generation << "/" << file.name);
    const auto expected = sample_named(file.name);
    REQUIRE(expected.has_value());
    int count = 0;
    const auto read = wire::read_events(file.bytes, [&](const event& decoded) {
      CHECK(is_same(decoded, *expected));
      ++count;
    });
    CHECK(read.ok());
    CHECK(count == 1);
    checked.insert(file.name);
  }
  for (const auto& sample : sample_events()) {
    INFO(sample.name << " has no bytes: run wire_tests '[write_golden]' and see golden/README.md");
    CHECK(checked.contains(sample.name));
  }
}

TEST_CASE("write the missing golden bytes of events", "[.][write_golden]") {
  for (const auto& sample : sample_events()) {
    wire::event_writer writer;
    writer.add(sample.value);
    write_golden_file({golden_generation, sample.name, writer.finish_record(), {}});
  }
}
