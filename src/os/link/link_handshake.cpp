#include "os/link/link_handshake.hpp"

#include "os/link/name_list.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

namespace belfry {

namespace {

constexpr std::size_t shown_bytes_max = 100;

/// Bytes that a stranger sent, fit for a line of a log.
std::string shown(const std::string& name) {
  std::string text;
  for (const char letter : name.substr(0, shown_bytes_max))
    text += letter >= ' ' && letter <= '~' && letter != '"' ? letter : '?';
  return text;
}

} // namespace

link_handshake::link_handshake(descriptor socket, std::shared_ptr<const link_keys> keys)
    : keys_(std::move(keys)) {
  const auto peer = peer_of(socket.number());
  link_.peer = text_of(peer);
  is_loopback_ = is_loopback(peer) && is_loopback(own_end_of(socket.number()));
  link_.socket = std::move(socket);
}

handshake_state link_handshake::advance() {
  for (;;) {
    switch (step()) {
    case step_end::next:
      continue;
    case step_end::reads:
      return handshake_state::reads;
    case step_end::writes:
      return handshake_state::writes;
    case step_end::done:
      return handshake_state::done;
    case step_end::failed:
      return handshake_state::failed;
    }
  }
}

void link_handshake::say(const link_word& word) {
  outbound_ = to_bytes(word);
  moved_ = 0;
}

link_handshake::step_end link_handshake::send_word() {
  while (moved_ < outbound_.size()) {
    std::size_t count = 0;
    const auto how = write_link(link_.session.get(), socket(), outbound_.data() + moved_,
                                outbound_.size() - moved_, count);
    if (how == link_progress::broken)
      hear_last_word();
    if (how != link_progress::some)
      return wait_after(how, step_end::writes, "it takes nothing");
    moved_ += count;
  }
  moved_ = 0;
  return step_end::next;
}

link_handshake::step_end link_handshake::hear_word() {
  while (moved_ < inbound_.size()) {
    std::size_t count = 0;
    const auto how = read_link(link_.session.get(), socket(), inbound_.data() + moved_,
                               inbound_.size() - moved_, count);
    if (how != link_progress::some)
      return wait_after(how, step_end::reads,
                        moved_ == 0 ? "it says nothing" : "it says no whole word");
    moved_ += count;
    if (!can_be_word(inbound_, moved_))
      return fail("it does not speak belfry's language");
    // The rest of another version's word may look and be as long as it likes.
    if (moved_ > link_word::version_at && inbound_[link_word::version_at] != link_word::version_now)
      break;
  }
  moved_ = 0;
  has_heard_ = true;
  return step_end::next;
}

void link_handshake::hear_last_word() {
  char letter = 0;
  std::size_t count = 0;
  if (link_.session)
    (void)tls_read(*link_.session, &letter, 1, count);
}

link_handshake::step_end link_handshake::wait_after(link_progress progress, step_end wish,
                                                    const std::string& doing) {
  if (progress == link_progress::none) {
    why_ = doing;
    return wish;
  }
  if (link_.session)
    return fail(tls_trouble(*link_.session));
  return fail("it closed the connection");
}

link_handshake::step_end link_handshake::shake(tls_side side) {
  if (!link_.session)
    link_.session = begin_tls(keys_->context(), socket(), side);
  if (!link_.session)
    return fail("there is no memory for TLS with it");
  switch (shake_hands(*link_.session)) {
  case tls_outcome::done:
    return step_end::next;
  case tls_outcome::wants_read:
    why_ = "it does not go on with TLS";
    return step_end::reads;
  case tls_outcome::wants_write:
    why_ = "it does not go on with TLS";
    return step_end::writes;
  default:
    return fail(tls_trouble(*link_.session));
  }
}

link_handshake::step_end link_handshake::fail(std::string why) {
  why_ = std::move(why);
  return step_end::failed;
}

bool link_handshake::has_allowed_name() const {
  return is_allowed_name(peer_names(*link_.session), keys_->allowed());
}

std::string link_handshake::names_text() const {
  std::string text;
  for (const auto& name : peer_names(*link_.session))
    text += (text.empty() ? "'" : " or '") + name + "'";
  return text.empty() ? "none" : shown(text);
}

std::string link_handshake::place_text(link_kind kind, const socket_address& node) {
  const bool is_bound = kind == link_kind::user || kind == link_kind::secret_here;
  return is_bound ? text_of(node) : std::string{};
}

} // namespace belfry
