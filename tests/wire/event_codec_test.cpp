#include "wire/event_codec.hpp"

#include "random/prng.hpp"
#include "sample_events.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace belfry;

namespace {

std::string written(const std::vector<sample_event>& events) {
  wire::event_writer writer;
  for (const auto& sample : events)
    writer.add(sample.value);
  return writer.finish_record();
}

/// The events in `bytes`; nothing if they are refused.
std::optional<std::vector<event>> read(std::string_view bytes) {
  std::vector<event> events;
  const auto done =
      wire::read_events(bytes, [&](event decoded) { events.push_back(std::move(decoded)); });
  if (!done) {
    CHECK(done.error().code == errc::corrupt);
    return std::nullopt;
  }
  return events;
}

} // namespace

TEST_CASE("there is a sample of every event", "[event_codec]") {
  std::set<std::size_t> kinds;
  for (const auto& sample : sample_events())
    kinds.insert(sample.value.index());
  CHECK(kinds.size() == std::variant_size_v<event>);
}

TEST_CASE("every event is read as it was written", "[event_codec]") {
  for (const auto& sample : sample_events()) {
    INFO(sample.name);
    const auto events = read(written({sample}));
    REQUIRE(events.has_value());
    REQUIRE(events->size() == 1);
    CHECK(is_same(events->front(), sample.value));
  }
}

TEST_CASE("a record keeps the order of its events", "[event_codec]") {
  const auto samples = sample_events();
  const auto events = read(written(samples));
  REQUIRE(events.has_value());
  REQUIRE(events->size() == samples.size());
  for (std::size_t i = 0; i < samples.size(); ++i)
    CHECK(is_same(events->at(i), samples[i].value));
}

TEST_CASE("a failure without a retry is read as final", "[event_codec]") {
  const auto events = read(written(
      {{"", task_failed{.id = {7}, .at = instant_of_ms(5), .error = "dirty", .retry_at = {}}}}));
  CHECK_FALSE(std::get<task_failed>(events.value().at(0)).retry_at);
  const auto epoch =
      read(written({{"", task_failed{{7}, instant_of_ms(5), "dirty", false, instant{}}}}));
  CHECK(std::get<task_failed>(epoch.value().at(0)).retry_at == instant{});
}

TEST_CASE("a writer counts its events and restarts after each record", "[event_codec]") {
  wire::event_writer writer;
  CHECK(writer.count() == 0);
  writer.add(cancel_requested{{7}, instant_of_ms(5)});
  writer.add(task_expired{{8}, instant_of_ms(5)});
  CHECK(writer.count() == 2);
  const auto first = writer.finish_record();
  CHECK(writer.count() == 0);
  CHECK(writer.finish_record().empty());
  CHECK(read(first)->size() == 2);
}

TEST_CASE("an event that this version does not know is refused, not skipped", "[event_codec]") {
  const std::string unknown{"\x0a\x05\xfa\x7f\x02hi", 7}; // Field 2047 of an event.
  CHECK_FALSE(read(unknown).has_value());
  CHECK_FALSE(read(written(sample_events()) + unknown).has_value());
  CHECK_FALSE(read(std::string_view{"\x0a\x00", 2}).has_value()); // An event of no kind.
}

TEST_CASE("a task in a state that this version does not know is refused", "[event_codec]") {
  for (const auto number : {0, 9, 255}) {
    auto restored = sample_restored();
    restored.state = static_cast<task_state>(number);
    CHECK_FALSE(read(written({{"", restored}})).has_value());
  }
}

TEST_CASE("bytes that are not a record are refused", "[event_codec]") {
  for (const std::string_view bytes : {"hello", "\x0a\xff", "\x0a\x7f", "\xff\xff\xff\xff"})
    CHECK_FALSE(read(bytes).has_value());
}

TEST_CASE("a truncated record is refused, or holds only whole events", "[event_codec]") {
  const auto whole = written(sample_events());
  for (std::size_t size = 0; size < whole.size(); ++size)
    if (const auto events = read(std::string_view{whole}.substr(0, size)))
      CHECK(events->size() < sample_events().size());
}

TEST_CASE("random and damaged bytes are read or refused without harm", "[event_codec]") {
  prng random{77};
  const auto whole = written(sample_events());
  int refused = 0;
  for (int round = 0; round < 10'000; ++round) {
    auto bytes = whole;
    if (random.chance(50))
      bytes.resize(random.below(bytes.size()));
    for (auto changes = 1 + random.below(8); changes > 0 && !bytes.empty(); --changes)
      bytes[random.below(bytes.size())] = static_cast<char>(random.next());
    refused += wire::read_events(bytes, [](event) {}).ok() ? 0 : 1;
  }
  CHECK(refused > 1'000);
  for (int round = 0; round < 10'000; ++round) {
    std::string noise(random.below(100), ' ');
    for (auto& byte : noise)
      byte = static_cast<char>(random.next());
    (void)wire::read_events(noise, [](event) {});
  }
}
