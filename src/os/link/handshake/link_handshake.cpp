#include "os/link/handshake/link_handshake.hpp"

#include "os/link/name_patterns.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

namespace belfry {

namespace {

constexpr std::size_t printable_bytes_max = 100;

/// Bytes of an unauthenticated peer, made printable for the log.
std::string printable(const std::string& name) {
  std::string text;
  for (const char letter : name.substr(0, printable_bytes_max))
    text += letter >= ' ' && letter <= '~' && letter != '"' ? letter : '?';
  return text;
}

} // namespace

link_handshake::link_handshake(descriptor socket,
                               std::shared_ptr<const transport_credentials> credentials)
    : credentials_(std::move(credentials)) {
  const auto peer = remote_address_of(socket.number());
  link_.peer = text_of(peer);
  is_loopback_ = is_loopback(peer) && is_loopback(local_address_of(socket.number()));
  link_.socket = std::move(socket);
}

handshake_state link_handshake::advance() {
  for (;;) {
    switch (step()) {
    case step_result::next:
      continue;
    case step_result::wants_read:
      return handshake_state::wants_read;
    case step_result::wants_write:
      return handshake_state::wants_write;
    case step_result::done:
      return handshake_state::done;
    case step_result::failed:
      return handshake_state::failed;
    }
  }
}

void link_handshake::queue_message(const handshake_message& message) {
  outbound_ = to_bytes(message);
  transferred_ = 0;
}

link_handshake::step_result link_handshake::send_message() {
  while (transferred_ < outbound_.size()) {
    std::size_t count = 0;
    const auto progress = write_link(link_.layer, socket(), outbound_.data() + transferred_,
                                     outbound_.size() - transferred_, count);
    if (progress == io_progress::closed)
      read_last_alert();
    if (progress != io_progress::moved)
      return wait_or_fail(progress, step_result::wants_write, "it receives nothing");
    transferred_ += count;
  }
  transferred_ = 0;
  return step_result::next;
}

link_handshake::step_result link_handshake::receive_message() {
  while (transferred_ < inbound_.size()) {
    std::size_t count = 0;
    const auto progress = read_link(link_.layer, socket(), inbound_.data() + transferred_,
                                    inbound_.size() - transferred_, count);
    if (progress != io_progress::moved)
      return wait_or_fail(progress, step_result::wants_read,
                          transferred_ == 0 ? "it sends nothing" : "it sends no complete message");
    transferred_ += count;
    if (!is_message_prefix(inbound_, transferred_))
      return fail("it does not speak belfry's protocol");
    // In another version the rest of the message may have any form and length.
    if (transferred_ > handshake_message::version_at &&
        inbound_[handshake_message::version_at] != handshake_message::current_version)
      break;
  }
  transferred_ = 0;
  has_valid_hello_ = true;
  return step_result::next;
}

void link_handshake::read_last_alert() {
  char letter = 0;
  std::size_t count = 0;
  if (link_.layer.tls)
    (void)tls_read(*link_.layer.tls, &letter, 1, count);
}

link_handshake::step_result link_handshake::wait_or_fail(io_progress progress, step_result waiting,
                                                         const std::string& state) {
  if (progress == io_progress::would_block) {
    reason_ = state;
    return waiting;
  }
  if (link_.layer.tls)
    return fail(tls_error_text(*link_.layer.tls));
  return fail("it closed the connection");
}

link_handshake::step_result link_handshake::advance_tls(tls_role role) {
  if (!link_.layer.tls)
    link_.layer.tls = make_tls_session(credentials_->context(), socket(), role);
  if (!link_.layer.tls)
    return fail("there is no memory for its TLS session");
  switch (tls_handshake(*link_.layer.tls)) {
  case tls_outcome::done:
    return step_result::next;
  case tls_outcome::wants_read:
    reason_ = "it does not continue the TLS handshake";
    return step_result::wants_read;
  case tls_outcome::wants_write:
    reason_ = "it does not continue the TLS handshake";
    return step_result::wants_write;
  default:
    return fail(tls_error_text(*link_.layer.tls));
  }
}

void link_handshake::use_records() {
  link_.layer.records = std::make_unique<link_records>();
}

link_handshake::step_result link_handshake::fail(std::string reason) {
  reason_ = std::move(reason);
  return step_result::failed;
}

bool link_handshake::has_allowed_name() const {
  return is_allowed_name(peer_names(*link_.layer.tls), credentials_->allowed_names());
}

std::string link_handshake::certificate_names_text() const {
  std::string text;
  for (const auto& name : peer_names(*link_.layer.tls))
    text += (text.empty() ? "'" : " or '") + name + "'";
  return text.empty() ? "none" : printable(text);
}

std::string link_handshake::address_text(auth_method method, const socket_address& node) {
  const bool is_bound = method == auth_method::user || method == auth_method::bound_secret;
  return is_bound ? text_of(node) : std::string{};
}

} // namespace belfry
