// Messages that earlier versions sent stay readable: see golden/README.md.
#include "golden.hpp"
#include "wire/messages.pb.h"

#include <catch2/catch.hpp>
#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <array>
#include <memory>
#include <set>

using namespace belfry;
using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MessageFactory;

namespace {

/// The messages that one program sends to another; the messages in them are covered with them.
constexpr std::array top_level_messages{
    "Hello",  "Welcome",   "Submit",    "Submitted", "Request",        "Response",
    "Attach", "Attached",  "Heartbeat", "Credit",    "Grant",          "Revoke",
    "Report", "ReportAck", "Cluster",   "Demand",    "CreditReturned", "HeartbeatAck"};

std::unique_ptr<Message> make(const std::string& name) {
  const auto* type = DescriptorPool::generated_pool()->FindMessageTypeByName("belfry.wire." + name);
  REQUIRE(type != nullptr);
  return std::unique_ptr<Message>{MessageFactory::generated_factory()->GetPrototype(type)->New()};
}

/// Sets every field, each to a different value.
class message_filler {
public:
  /// In a oneof of the outermost message, sets the member `choice`.
  explicit message_filler(std::string choice) : choice_(std::move(choice)) {}

  void fill(Message& message, int depth = 0) {
    const auto& type = *message.GetDescriptor();
    for (int i = 0; i < type.field_count(); ++i) {
      const auto& field = *type.field(i);
      const auto* group = field.real_containing_oneof();
      if (group && depth == 0 && field.name() != choice_)
        continue;
      for (int copies = field.is_repeated() ? 2 : 1; copies > 0; --copies)
        fill(message, field, depth);
    }
  }

private:
  void fill(Message& message, const FieldDescriptor& field, int depth) {
    const auto& access = *message.GetReflection();
    const bool is_list = field.is_repeated();
    const auto number = next_number(field.name());
    switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return fill(is_list ? *access.AddMessage(&message, &field)
                          : *access.MutableMessage(&message, &field),
                  depth + 1);
    case FieldDescriptor::CPPTYPE_STRING: {
      const auto text = field.name() + " " + std::to_string(number) + "\xff";
      return is_list ? access.AddString(&message, &field, text)
                     : access.SetString(&message, &field, text);
    }
    case FieldDescriptor::CPPTYPE_UINT64:
      return is_list ? access.AddUInt64(&message, &field, number << 40)
                     : access.SetUInt64(&message, &field, number << 40);
    case FieldDescriptor::CPPTYPE_UINT32:
      return is_list ? access.AddUInt32(&message, &field, static_cast<std::uint32_t>(number))
                     : access.SetUInt32(&message, &field, static_cast<std::uint32_t>(number));
    case FieldDescriptor::CPPTYPE_INT64:
      return access.SetInt64(&message, &field, static_cast<std::int64_t>(number) << 33);
    case FieldDescriptor::CPPTYPE_INT32:
      return access.SetInt32(&message, &field, -static_cast<std::int32_t>(number));
    case FieldDescriptor::CPPTYPE_BOOL:
      return access.SetBool(&message, &field, true);
    case FieldDescriptor::CPPTYPE_ENUM:
      return access.SetEnumValue(&message, &field, 1);
    default:
      FAIL("a field of a type that no message had before: " << field.full_name());
    }
  }

  /// Numbers increase; those that stand for an enum are in its range.
  std::uint64_t next_number(const std::string& field) {
    static const std::set<std::string> enums{"code", "state",         "states",  "durability",
                                             "gap",  "repeated_hour", "misfire", "overlap"};
    return enums.contains(field) ? 1 : ++last_;
  }

  std::string choice_;
  std::uint64_t last_ = 0;
};

/// The names of the files about `type`: one, or one per member of its oneof.
std::vector<std::string> names_of(const Descriptor& type) {
  std::vector<std::string> names;
  for (int i = 0; i < type.field_count(); ++i)
    if (type.field(i)->real_containing_oneof())
      names.push_back(type.name() + "." + type.field(i)->name());
  return names.empty() ? std::vector<std::string>{type.name()} : names;
}

std::vector<std::string> all_names() {
  std::vector<std::string> names;
  for (const auto* message : top_level_messages)
    for (auto& name : names_of(*make(message)->GetDescriptor()))
      names.push_back(std::move(name));
  return names;
}

std::string type_of(const std::string& name) {
  return name.substr(0, name.find('.'));
}

bool is_message(const golden_file& file) {
  return !file.text.empty();
}

} // namespace

TEST_CASE("messages of every earlier version are read with their old meaning", "[golden]") {
  int checked = 0;
  for (const auto& file : read_golden_files()) {
    if (!is_message(file))
      continue;
    INFO(file.generation << "/" << file.name);
    auto expected = make(type_of(file.name));
    auto read = make(type_of(file.name));
    REQUIRE(google::protobuf::TextFormat::ParseFromString(file.text, expected.get()));
    REQUIRE(read->ParseFromString(file.bytes));
    CHECK(google::protobuf::util::MessageDifferencer::Equals(*read, *expected));
    ++checked;
  }
  CHECK(checked >= 30);
}

TEST_CASE("every message between programs has golden bytes", "[golden]") {
  std::set<std::string> known;
  for (const auto& file : read_golden_files())
    known.insert(file.name);
  for (const auto& name : all_names()) {
    INFO(name << " has none: run wire_tests '[write_golden]' and see golden/README.md");
    CHECK(known.contains(name));
  }
}

TEST_CASE("write the missing golden bytes of messages", "[.][write_golden]") {
  for (const auto& name : all_names()) {
    auto message = make(type_of(name));
    message_filler{name.substr(std::min(name.find('.') + 1, name.size()))}.fill(*message);
    std::string text;
    REQUIRE(google::protobuf::TextFormat::PrintToString(*message, &text));
    write_golden_file({golden_generation, name, message->SerializeAsString(), text});
  }
}
