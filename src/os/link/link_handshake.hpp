#pragma once

#include "os/link/handshake_message.hpp"
#include "os/link/peer_link.hpp"
#include "os/link/socket_address.hpp"
#include "os/link/transport_credentials.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

namespace belfry {

/// What a handshake waits for, or how it ended.
enum class handshake_state { wants_read, wants_write, done, failed };

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
  [[nodiscard]] bool has_valid_hello() const { return has_valid_hello_; }
  [[nodiscard]] int socket() const { return link_.socket.number(); }
  [[nodiscard]] const std::string& peer() const { return link_.peer; }

  /// Requires: it is done, and this is the first call.
  [[nodiscard]] peer_link take() { return std::move(link_); }

protected:
  /// What a step leads to: the next one at once, a wait, or an end.
  enum class step_result { next, wants_read, wants_write, done, failed };

  link_handshake(descriptor socket, std::shared_ptr<const transport_credentials> credentials);

  /// One step; the steps know which is next.
  virtual step_result step() = 0;

  void queue_message(const handshake_message& word);
  step_result send_message();
  step_result receive_message();
  [[nodiscard]] handshake_message received() const { return from_bytes(inbound_); }
  step_result advance_tls(tls_role side);
  step_result fail(std::string why);
  [[nodiscard]] bool has_allowed_name() const;
  [[nodiscard]] std::string certificate_names_text() const;
  /// What the proofs are bound to besides the words: on one machine, the place where the node
  /// listens, so that nobody who listens elsewhere can pass them on from a dialler to a node.
  [[nodiscard]] static std::string address_text(auth_method kind, const socket_address& node);

  [[nodiscard]] const transport_credentials& credentials() const { return *credentials_; }
  [[nodiscard]] bool is_loopback_link() const { return is_loopback_; }

private:
  /// A peer that closed while we wrote may have said why.
  void read_last_alert();
  step_result wait_or_fail(io_progress progress, step_result wish, const std::string& doing);

  const std::shared_ptr<const transport_credentials> credentials_;
  peer_link link_;
  bool is_loopback_;
  bool has_valid_hello_ = false;
  handshake_bytes outbound_{};
  handshake_bytes inbound_{};
  std::size_t transferred_ = 0; // Of the word on its way.
  std::string why_ = "it says nothing";
};

/// The side of a node. A peer that does not fit is told why, as far as it can understand that.
[[nodiscard]] std::unique_ptr<link_handshake>
make_server_handshake(descriptor socket, std::shared_ptr<const transport_credentials> credentials);

/// The side that dialled. Fails if the keys offer nothing for this address.
[[nodiscard]] std::unique_ptr<link_handshake>
make_client_handshake(descriptor socket, std::shared_ptr<const transport_credentials> credentials);

} // namespace belfry
