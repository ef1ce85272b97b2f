#pragma once

#include "belfry/health.hpp"
#include "wire/messages.pb.h"

namespace belfry::health_codec {

/// The health of a node as a Protobuf message.
void write(const health_report& from, wire::Health& to);

} // namespace belfry::health_codec
