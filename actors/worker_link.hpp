#pragma once

#include "worker.hpp"

#include "random/prng.hpp"
#include "wire/envelope.hpp"

#include <caf/event_based_actor.hpp>

namespace belfry {

using connect_again_atom = caf::atom_constant<caf::atom("again")>;
using join_check_atom = caf::atom_constant<caf::atom("joincheck")>;

/// A worker's connection to its node: connecting, greeting, and pauses between attempts.
///
/// Part of one worker. Every attempt has a number; what belongs to an older one is ignored.
class worker_link {
public:
  worker_link(caf::event_based_actor* self, const worker_options& options, prng& random)
      : self_(self), options_(options), random_(random) {}

  /// Begins a new attempt; ends in a Welcome, or in another attempt after a pause.
  void connect();
  void connect_again(std::uint64_t attempt);

  /// The node knows this worker now.
  void joined();

  /// Gives the connection up and tries again after a pause that grows and is spread.
  void lose();

  /// Whether there is a gateway to talk to.
  [[nodiscard]] bool is_open() const { return gateway_ != nullptr; }
  [[nodiscard]] bool is_joined() const { return is_joined_; }
  [[nodiscard]] bool is_gateway(const caf::actor_addr& who) const {
    return gateway_ && gateway_.address() == who;
  }
  [[nodiscard]] std::uint64_t attempt() const { return attempt_; }

  /// To the node; lost if there is no connection.
  template <class Atom>
  void send(Atom what, const google::protobuf::MessageLite& message) {
    send_sealed(what, {wire::seal(message), 0});
  }
  template <class Atom>
  void send_sealed(Atom what, envelope message) {
    if (gateway_)
      self_->send(gateway_, what, std::move(message));
  }

private:
  void greet(caf::actor gateway);
  [[nodiscard]] duration pause();

  caf::event_based_actor* self_;
  const worker_options& options_;
  prng& random_;
  caf::actor gateway_;
  bool is_joined_ = false;
  std::uint64_t attempt_ = 0;
  std::uint32_t failures_ = 0; // Attempts since the node last knew this worker.
};

} // namespace belfry
