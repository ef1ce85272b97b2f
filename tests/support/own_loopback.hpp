#pragma once

#include <unistd.h>

#include <string>

namespace belfry::test {

/// An address of this machine for the nodes that this process starts, a test or belfry-demo;
/// another process has another. A node that restarts needs the port that it had. At 127.0.0.1 any
/// process may have it meanwhile, even for an outgoing connection, whose address is always
/// 127.0.0.1. Linux answers on all of 127.0.0.0/8; this is in 127.64.0.0/10, which has as many
/// addresses as there are process ids.
inline std::string own_loopback() {
  const auto id = static_cast<unsigned>(getpid());
  return "127." + std::to_string(64 + (id >> 16) % 64) + "." + std::to_string((id >> 8) % 256) +
         "." + std::to_string(id % 256);
}

} // namespace belfry::test
