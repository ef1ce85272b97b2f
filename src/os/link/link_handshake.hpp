#pragma once

#include "os/link/link_keys.hpp"
#include "os/link/link_word.hpp"
#include "os/link/peer_link.hpp"
#include "os/link/socket_address.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

namespace belfry {

/// What a handshake waits for, or how it ended.
enum class handshake_state { reads, writes, done, failed };

/// One connection from its first byte until both ends know each other, or one has had enough.
///
/// `advance` does what it can without waiting; it is called again when the socket is ready for what
/// it returned. Reads nothing beyond the handshake. For one thread. Time limits are the caller's.
class link_handshake {
public:
  virtual ~link_handshake() = default;
  link_handshake(const link_handshake&) = delete;
  link_handshake& operator=(const link_handshake&) = delete;

  [[nodiscard]] handshake_state advance();

  /// Why it failed, or what it waits for, for people: about the peer, which is "it".
  [[nodiscard]] const std::string& why() const { return why_; }
  /// Whether the peer has said a whole first word: it is no mere stranger.
  [[nodiscard]] bool has_heard() const { return has_heard_; }
  [[nodiscard]] int socket() const { return link_.socket.number(); }
  [[nodiscard]] const std::string& peer() const { return link_.peer; }

  /// Requires: it is done, and this is the first call.
  [[nodiscard]] peer_link take() { return std::move(link_); }

protected:
  /// What a step leads to: the next one at once, a wait, or an end.
  enum class step_end { next, reads, writes, done, failed };

  link_handshake(descriptor socket, std::shared_ptr<const link_keys> keys);

  /// One step; the steps know which is next.
  virtual step_end step() = 0;

  void say(const link_word& word);
  step_end send_word();
  step_end hear_word();
  [[nodiscard]] link_word heard() const { return from_bytes(inbound_); }
  step_end shake(tls_side side);
  step_end fail(std::string why);
  [[nodiscard]] bool has_allowed_name() const;
  [[nodiscard]] std::string names_text() const;
  /// What the proofs are bound to besides the words: on one machine, the place where the node
  /// listens, so that nobody who listens elsewhere can pass them on from a dialler to a node.
  [[nodiscard]] static std::string place_text(link_kind kind, const socket_address& node);

  [[nodiscard]] const link_keys& keys() const { return *keys_; }
  [[nodiscard]] bool is_loopback_link() const { return is_loopback_; }

private:
  /// A peer that closed while we wrote may have said why.
  void hear_last_word();
  step_end wait_after(link_progress progress, step_end wish, const std::string& doing);

  const std::shared_ptr<const link_keys> keys_;
  peer_link link_;
  bool is_loopback_;
  bool has_heard_ = false;
  link_bytes outbound_{};
  link_bytes inbound_{};
  std::size_t moved_ = 0; // Of the word on its way.
  std::string why_ = "it says nothing";
};

/// The side of a node. A peer that does not fit is told why, as far as it can understand that.
[[nodiscard]] std::unique_ptr<link_handshake> accept_link(descriptor socket,
                                                          std::shared_ptr<const link_keys> keys);

/// The side that dialled. Fails if the keys offer nothing for this address.
[[nodiscard]] std::unique_ptr<link_handshake> begin_link(descriptor socket,
                                                         std::shared_ptr<const link_keys> keys);

} // namespace belfry
