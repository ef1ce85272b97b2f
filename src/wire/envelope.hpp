#pragma once

#include <google/protobuf/message_lite.h>

#include <vector>

namespace belfry::wire {

/// A four-byte checksum followed by the bytes of `message`.
[[nodiscard]] std::vector<char> seal(const google::protobuf::MessageLite& message);

/// Reads bytes written by `seal` into `message`. Returns false if they are damaged or truncated;
/// `message` is then unspecified. The caller knows the type of the message.
[[nodiscard]] bool open(const std::vector<char>& bytes, google::protobuf::MessageLite& message);

} // namespace belfry::wire
