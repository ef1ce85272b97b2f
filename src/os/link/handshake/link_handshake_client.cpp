#include "os/link/handshake/link_handshake.hpp"

#include "os/entropy.hpp"
#include "os/link/handshake/staged_handshake.hpp"

#include <algorithm>
#include <utility>

namespace belfry {

namespace {

/// What a node requires that demands `methods`, with the option that provides it.
std::string required_method_text(std::uint8_t methods) {
  switch (static_cast<auth_method>(methods)) {
  case auth_method::tls:
    return "it requires TLS (--tls-cert, --tls-key, --tls-ca)";
  case auth_method::secret:
  case auth_method::bound_secret:
    return "it requires a secret (--secret-file)";
  case auth_method::user:
    return "it accepts only programs of its own user on its own machine";
  case auth_method::none:
    return "it does not authenticate itself, which has to be allowed (--insecure)";
  }
  return "it requires an authentication method that this program does not know";
}

enum class client_stage {
  send_hello,
  receive_answer,
  send_proof,
  reject,
  advance_tls,
  receive_verdict
};

class client_handshake final : public staged_handshake<client_stage> {
public:
  client_handshake(descriptor opened, std::shared_ptr<const transport_credentials> credentials)
      : staged_handshake(std::move(opened), std::move(credentials), stage::send_hello) {
    hello_.methods = this->credentials().offered_methods(is_loopback_link());
    if (hello_.methods != 0)
      hello_.methods |= uses_records;
    const auto nonce = entropy_bytes(hello_.nonce.size());
    std::copy(nonce.begin(), nonce.end(), hello_.nonce.begin());
    queue_message(hello_);
  }

private:
  using stage = client_stage;

  step_result step() override {
    switch (current_stage()) {
    case stage::send_hello:
      // The credentials fit the dialled address: a peer that is gone has none.
      if (hello_.methods == 0)
        return fail("it closed the connection");
      return after(send_message(), [this] { return next(stage::receive_answer); });
    case stage::receive_answer:
      return after(receive_message(), [this] { return judge_answer(); });
    case stage::send_proof:
      return after(send_message(), [this] { return next(stage::receive_verdict); });
    case stage::reject:
      return send_rejection();
    case stage::advance_tls:
      return after(advance_tls(tls_role::client), [this] { return verify_peer_name(); });
    case stage::receive_verdict:
      return after(receive_message(), [this] { return judge_verdict(); });
    }
    return fail("unreachable");
  }

  step_result judge_answer() {
    const auto answer = received();
    if (answer.version != handshake_message::current_version)
      return fail("it speaks version " + std::to_string(answer.version) +
                  " of belfry's handshake, this program version " +
                  std::to_string(handshake_message::current_version));
    if (answer.verdict == handshake_verdict::method_mismatch)
      return fail(required_method_text(answer.methods));
    const auto chosen = answer.methods & ~uses_records;
    method_ = static_cast<auth_method>(chosen);
    if (answer.verdict != handshake_verdict::accepted)
      return judge_verdict();
    // A valid answer chooses exactly one of the offered methods.
    if ((chosen & hello_.methods) == 0 || (chosen & (chosen - 1)) != 0)
      return fail("it chose an authentication method that was not offered");
    has_records_ = method_ != auth_method::tls && (answer.methods & uses_records) != 0;
    if (method_ == auth_method::none)
      return finish();
    return method_ == auth_method::tls ? next(stage::advance_tls) : prove_after(answer);
  }

  /// The node proves first, so that an impostor learns nothing about the secret.
  step_result prove_after(const handshake_message& answer) {
    const auto secret = credentials().secret_of(method_);
    if (!secret)
      return fail("it requires a secret that cannot be read: " + secret.error().what);
    const auto address = address_text(method_, remote_address_of(socket()));
    const auto expected = make_proof(*secret, handshake_role::server, hello_, answer, address);
    if (!constant_time_equal(answer.proof, expected))
      return reject({.verdict = handshake_verdict::secret_mismatch}, secret_mismatch_text());
    handshake_message message;
    message.proof = make_proof(*secret, handshake_role::client, hello_, answer, address);
    queue_message(message);
    return next(stage::send_proof);
  }

  step_result verify_peer_name() {
    if (!has_allowed_name())
      return reject({.verdict = handshake_verdict::name_not_allowed},
                    "its name is not allowed: " + certificate_names_text());
    queue_message({});
    return next(stage::send_proof);
  }

  step_result judge_verdict() {
    switch (received().verdict) {
    case handshake_verdict::accepted:
      return finish();
    case handshake_verdict::secret_mismatch:
      return fail(secret_mismatch_text());
    case handshake_verdict::name_not_allowed:
      return fail("it refuses our certificate: its name is not allowed there");
    case handshake_verdict::version_mismatch:
      return fail("it speaks another version of belfry's handshake");
    case handshake_verdict::no_descriptors:
      return fail("it has no file descriptor left to read its secret with (its ulimit -n, or "
                  "LimitNOFILE= of systemd)");
    case handshake_verdict::no_secret:
      return fail("it cannot read its own secret; its log says why");
    default:
      return fail("it refuses us");
    }
  }

  step_result finish() {
    if (has_records_)
      use_records();
    return step_result::done;
  }

  [[nodiscard]] std::string secret_mismatch_text() const {
    if (method_ == auth_method::bound_secret)
      return "it has another secret, or listens on another port than the one dialled";
    return method_ == auth_method::secret
               ? "it has another secret"
               : "it belongs to another user: both need the same secret (--secret-file), or TLS";
  }

  handshake_message hello_;
  auth_method method_ = auth_method::user;
  bool has_records_ = false;
};

} // namespace

std::unique_ptr<link_handshake>
make_client_handshake(descriptor socket, std::shared_ptr<const transport_credentials> credentials) {
  return std::make_unique<client_handshake>(std::move(socket), std::move(credentials));
}

} // namespace belfry
