// Fields that a later version adds to messages and events are ignored: nodes of both versions share
// a cluster during a rolling upgrade.
#include "golden.hpp"
#include "sample_events.hpp"
#include "wire/event_codec.hpp"
#include "wire/journal.pb.h"
#include "wire/messages.pb.h"

#include <catch2/catch.hpp>
#include <google/protobuf/unknown_field_set.h>
#include <google/protobuf/util/message_differencer.h>

#include <memory>

using namespace belfry;
using google::protobuf::Message;

namespace {

constexpr int later_field = 1'000;

/// Adds fields that this version does not know, to `message` and to all messages in it.
void add_later_fields(Message& message) {
  const auto& access = *message.GetReflection();
  access.MutableUnknownFields(&message)->AddLengthDelimited(later_field, "later");
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  access.ListFields(message, &fields);
  for (const auto* field : fields) {
    if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE)
      continue;
    if (!field->is_repeated())
      add_later_fields(*access.MutableMessage(&message, field));
    else
      for (int i = 0; i < access.FieldSize(message, field); ++i)
        add_later_fields(*access.MutableRepeatedMessage(&message, field, i));
  }
}

std::unique_ptr<Message> message_of(const golden_file& file) {
  const auto* type = google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(
      "belfry.wire." + file.name.substr(0, file.name.find('.')));
  REQUIRE(type);
  std::unique_ptr<Message> read{
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New()};
  REQUIRE(read->ParseFromString(file.bytes));
  return read;
}

std::vector<event> read(const std::string& bytes) {
  std::vector<event> events;
  const auto all =
      wire::read_events(bytes, [&](event decoded) { events.push_back(std::move(decoded)); });
  REQUIRE(all.ok());
  return events;
}

} // namespace

TEST_CASE("fields of a later version do not change a message", "[later]") {
  int checked = 0;
  for (const auto& file : read_golden_files()) {
    if (file.text.empty())
      continue;
    INFO(file.name);
    const auto known = message_of(file);
    auto later = message_of(file);
    add_later_fields(*later);
    std::unique_ptr<Message> received{known->New()};
    REQUIRE(received->ParseFromString(later->SerializeAsString()));
    CHECK(received->ByteSizeLong() > known->ByteSizeLong());
    received->DiscardUnknownFields();
    CHECK(google::protobuf::util::MessageDifferencer::Equals(*received, *known));
    ++checked;
  }
  CHECK(checked >= 30);
}

TEST_CASE("fields of a later version do not change an event", "[later]") {
  for (const auto& sample : sample_events()) {
    wire::event_writer writer;
    writer.add(sample.value);
    const auto bytes = writer.finish_record();
    wire::EventBatch batch;
    REQUIRE(batch.ParseFromString(bytes));
    add_later_fields(batch);
    const auto later = batch.SerializeAsString();
    REQUIRE(later.size() > bytes.size());

    const auto events = read(later);
    REQUIRE(events.size() == 1);
    wire::event_writer again;
    again.add(events[0]);
    CHECK(again.finish_record() == bytes);
  }
}
