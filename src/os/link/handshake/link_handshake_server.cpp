#include "os/link/handshake/link_handshake.hpp"

#include "belfry/contract.hpp"
#include "os/entropy.hpp"
#include "os/link/handshake/staged_handshake.hpp"

#include <algorithm>
#include <utility>

namespace belfry {

namespace {

/// What a client does not offer that this node requires.
std::string missing_method_text(auth_method required_method) {
  switch (required_method) {
  case auth_method::tls:
    return "it offers no TLS";
  case auth_method::secret:
    return "it offers no proof of a secret";
  case auth_method::user:
    return "it offers no proof of its user";
  default:
    return "it does not allow plain text without a proof";
  }
}

enum class server_stage {
  receive_hello,
  send_answer,
  reject,
  advance_tls,
  receive_proof,
  send_verdict
};

class server_handshake final : public staged_handshake<server_stage> {
public:
  server_handshake(descriptor accepted, std::shared_ptr<const transport_credentials> credentials)
      : staged_handshake(std::move(accepted), std::move(credentials), stage::receive_hello),
        method_(this->credentials().required_method()) {}

private:
  using stage = server_stage;

  step_result step() override {
    switch (current_stage()) {
    case stage::receive_hello:
      return after(receive_message(), [this] { return judge_hello(); });
    case stage::send_answer:
      return after(send_message(), [this] { return continue_method(); });
    case stage::reject:
      return send_rejection();
    case stage::advance_tls:
      return after(advance_tls(tls_role::server), [this] { return next(stage::receive_proof); });
    case stage::receive_proof:
      return after(receive_message(), [this] { return verify_proof(); });
    case stage::send_verdict:
      return after(send_message(), [this] { return finish(); });
    }
    return fail("unreachable");
  }

  step_result judge_hello() {
    hello_ = received();
    if (hello_.version != handshake_message::current_version)
      return refuse(handshake_verdict::version_mismatch,
                    "it speaks version " + std::to_string(hello_.version) +
                        " of belfry's handshake, this node version " +
                        std::to_string(handshake_message::current_version));
    if (!offers(method_))
      return refuse(handshake_verdict::method_mismatch, missing_method_text(method_));
    if (method_ == auth_method::secret && is_loopback_link() && offers(auth_method::bound_secret))
      method_ = auth_method::bound_secret;
    answer_.methods = static_cast<std::uint8_t>(method_);
    if (has_records())
      answer_.methods |= uses_records;
    return method_ == auth_method::none || method_ == auth_method::tls ? send_answer()
                                                                       : send_proof();
  }

  step_result send_answer() {
    queue_message(answer_);
    return next(stage::send_answer);
  }

  step_result send_proof() {
    if (method_ == auth_method::user && !is_loopback_link())
      return refuse(handshake_verdict::secret_mismatch, "it is on another machine");
    auto secret = credentials().secret_of(method_);
    if (!secret)
      return refuse(secret.error().code == errc::overloaded ? handshake_verdict::no_descriptors
                                                            : handshake_verdict::no_secret,
                    "it cannot be authenticated: " + secret.error().what);
    prepare_proof(std::move(*secret));
    return send_answer();
  }

  [[nodiscard]] bool offers(auth_method method) const {
    return (hello_.methods & static_cast<std::uint8_t>(method)) != 0;
  }

  [[nodiscard]] bool has_records() const {
    return method_ != auth_method::tls && (hello_.methods & uses_records) != 0;
  }

  step_result finish() {
    if (has_records())
      use_records();
    return step_result::done;
  }

  void prepare_proof(std::string secret) {
    secret_ = std::move(secret);
    const auto nonce = entropy_bytes(answer_.nonce.size());
    std::copy(nonce.begin(), nonce.end(), answer_.nonce.begin());
    address_ = address_text(method_, local_address_of(socket()));
    answer_.proof = make_proof(secret_, handshake_role::server, hello_, answer_, address_);
  }

  step_result continue_method() {
    if (method_ == auth_method::none)
      return finish();
    // The TLS handshake is the most expensive work that an unauthenticated peer can cause.
    if (method_ == auth_method::tls && is_peer_closed(socket()))
      return fail("it closed the connection");
    return next(method_ == auth_method::tls ? stage::advance_tls : stage::receive_proof);
  }

  step_result verify_proof() {
    const auto message = received();
    if (message.verdict == handshake_verdict::secret_mismatch)
      return fail("it has another secret");
    if (message.verdict == handshake_verdict::name_not_allowed)
      return fail("it does not allow the name of our certificate");
    if (method_ == auth_method::tls)
      return verify_peer_name();
    if (!constant_time_equal(
            message.proof, make_proof(secret_, handshake_role::client, hello_, answer_, address_)))
      return refuse(handshake_verdict::secret_mismatch, "it has another secret");
    return accept();
  }

  step_result verify_peer_name() {
    if (!has_allowed_name())
      return refuse(handshake_verdict::name_not_allowed,
                    "its name is not allowed: " + certificate_names_text());
    return accept();
  }

  step_result accept() {
    queue_message({});
    return next(stage::send_verdict);
  }

  /// Fails after sending the verdict, and the required method, to the client.
  step_result refuse(handshake_verdict verdict, std::string reason) {
    return reject({.methods = static_cast<std::uint8_t>(method_), .verdict = verdict},
                  std::move(reason));
  }

  auth_method method_;
  handshake_message hello_;
  handshake_message answer_;
  std::string secret_;
  std::string address_;
};

} // namespace

std::unique_ptr<link_handshake>
make_server_handshake(descriptor socket, std::shared_ptr<const transport_credentials> credentials) {
  return std::make_unique<server_handshake>(std::move(socket), std::move(credentials));
}

} // namespace belfry
