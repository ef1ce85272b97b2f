#pragma once

#include "belfry/client.hpp"
#include "belfry/node.hpp"

#include "support/scratch_directory.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <memory>
#include <utility>

namespace belfry::test {

/// A real node on this machine's loopback, in a directory of its own, and clients of it.
struct own_node {
  scratch_directory directory;

  [[nodiscard]] node_options options(std::uint32_t slots = 0) const {
    node_options chosen{.name = "tower",
                        .storage = directory_storage{.path = directory.file("data"), .shards = 2},
                        .listen = {.port = 0}};
    if (slots > 0)
      chosen.worker = node_worker{.slots = slots};
    return chosen;
  }

  static std::unique_ptr<node> start(node_options options, handler_registry handlers = {}) {
    auto started = node::start(std::move(options), std::move(handlers));
    REQUIRE(started.ok());
    return std::move(*started);
  }

  static std::unique_ptr<client> client_of(const node& of) {
    auto connected = client::connect("127.0.0.1", of.port());
    REQUIRE(connected.ok());
    return std::move(*connected);
  }
};

} // namespace belfry::test
