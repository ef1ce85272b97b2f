#pragma once

#include "os/link/handshake/handshake_message.hpp"
#include "os/link/peer_link.hpp"
#include "os/link/socket_address.hpp"
#include "os/link/transport_credentials.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

namespace belfry {

/// What a handshake waits for, or its result.
enum class handshake_state { wants_read, wants_write, done, failed };

/// One connection from its first byte until both peers are authenticated, or one refuses the other.
///
/// `advance` does what it can without blocking; the caller calls it again once the socket is ready
/// for what it returned, and enforces the timeout. Reads nothing beyond the handshake. For one
/// thread.
class link_handshake {
public:
  virtual ~link_handshake() = default;
  link_handshake(const link_handshake&) = delete;
  link_handshake& operator=(const link_handshake&) = delete;

  [[nodiscard]] handshake_state advance();

  /// Why it failed, or what it waits for, as a text about the peer, which is "it".
  [[nodiscard]] const std::string& reason() const { return reason_; }
  /// Whether the peer has sent a complete and valid first message.
  [[nodiscard]] bool has_valid_hello() const { return has_valid_hello_; }
  [[nodiscard]] int socket() const { return link_.socket.number(); }
  [[nodiscard]] const std::string& peer() const { return link_.peer; }

  /// Requires: `advance` returned `done`, and this is the first call.
  [[nodiscard]] peer_link release_link() { return std::move(link_); }

protected:
  /// What a step leads to: the next step at once, a wait, or the end.
  enum class step_result { next, wants_read, wants_write, done, failed };

  link_handshake(descriptor socket, std::shared_ptr<const transport_credentials> credentials);

  /// Does the current step and chooses the next one.
  virtual step_result step() = 0;

  void queue_message(const handshake_message& message);
  step_result send_message();
  step_result receive_message();
  [[nodiscard]] handshake_message received() const { return from_bytes(inbound_); }
  step_result advance_tls(tls_role role);
  /// After the handshake, the link is used in records.
  void use_records();
  step_result fail(std::string reason);
  [[nodiscard]] bool has_allowed_name() const;
  [[nodiscard]] std::string certificate_names_text() const;
  /// What the proofs are bound to besides the messages: on one machine, the address where the node
  /// listens, so that a process on another port cannot relay proofs between a client and a node.
  [[nodiscard]] static std::string address_text(auth_method method, const socket_address& node);

  [[nodiscard]] const transport_credentials& credentials() const { return *credentials_; }
  [[nodiscard]] bool is_loopback_link() const { return is_loopback_; }

private:
  /// A peer that closed the connection during a write may have sent a TLS alert before.
  void read_last_alert();
  step_result wait_or_fail(io_progress progress, step_result waiting, const std::string& state);

  const std::shared_ptr<const transport_credentials> credentials_;
  peer_link link_;
  bool is_loopback_;
  bool has_valid_hello_ = false;
  handshake_bytes outbound_{};
  handshake_bytes inbound_{};
  std::size_t transferred_ = 0; // Of the message being sent or received.
  std::string reason_ = "it sends nothing";
};

/// The side of a node. A peer that is refused is sent the reason, if it understands the version.
[[nodiscard]] std::unique_ptr<link_handshake>
make_server_handshake(descriptor socket, std::shared_ptr<const transport_credentials> credentials);

/// The side that dialled. Fails if the credentials offer no method for this address.
[[nodiscard]] std::unique_ptr<link_handshake>
make_client_handshake(descriptor socket, std::shared_ptr<const transport_credentials> credentials);

} // namespace belfry
