#pragma once

#include <caf/actor.hpp>
#include <caf/message.hpp>
#include <catch2/catch.hpp>

#include <deque>
#include <utility>

namespace belfry::test {

/// The messages that probes receive, in their order: for tests that claim an order between peers.
///
///     submit(spec());
///     log.expect<write_batch>(subject, keeper.actor());
///     log.expect_nothing();
class transcript {
public:
  void record(caf::actor from, caf::actor to, caf::message content) {
    entries_.push_back({std::move(from), std::move(to), std::move(content)});
  }
  void clear() { entries_.clear(); }

  /// Removes and returns the next message.
  ///
  /// Requires: `from` has sent it to `to`, and it consists of `Parts`.
  template <class... Parts>
  caf::message expect(const caf::actor& from, const caf::actor& to) {
    REQUIRE_FALSE(entries_.empty());
    const auto next = std::move(entries_.front());
    entries_.pop_front();
    REQUIRE((next.from == from && next.to == to));
    REQUIRE(next.content.match_elements<Parts...>());
    return next.content;
  }
  /// Requires: no message is left.
  void expect_nothing() const { REQUIRE(entries_.empty()); }

private:
  struct entry {
    caf::actor from;
    caf::actor to;
    caf::message content;
  };

  std::deque<entry> entries_;
};

} // namespace belfry::test
