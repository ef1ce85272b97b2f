#pragma once

#include <google/protobuf/message_lite.h>

#include <vector>

namespace belfry::wire {

/// The bytes of `message` behind a four-byte checksum of them.
[[nodiscard]] std::vector<char> seal(const google::protobuf::MessageLite& message);

/// Reads what `seal` wrote into `message`. Returns false if the bytes are damaged or cut short;
/// `message` is then unspecified. Which kind of message it was is the caller's to know.
[[nodiscard]] bool open(const std::vector<char>& bytes, google::protobuf::MessageLite& message);

} // namespace belfry::wire
