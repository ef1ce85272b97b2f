#include "os/link/link_handshake.hpp"

#include "os/entropy.hpp"

#include <algorithm>
#include <utility>

namespace belfry {

namespace {

/// What the user may do about a node that demands `kind`.
std::string required_method_text(std::uint8_t kind) {
  switch (static_cast<auth_method>(kind)) {
  case auth_method::tls:
    return "it requires TLS (--tls-cert, --tls-key, --tls-ca)";
  case auth_method::secret:
  case auth_method::bound_secret:
    return "it requires a secret (--secret-file)";
  case auth_method::user:
    return "it talks to programs of its own user on its own machine alone";
  case auth_method::open:
    return "it does not prove who it is, which has to be allowed (--insecure)";
  }
  return "it requires what this program does not know";
}

class client_handshake final : public link_handshake {
public:
  client_handshake(descriptor opened, std::shared_ptr<const transport_credentials> with)
      : link_handshake(std::move(opened), std::move(with)) {
    hello_.methods = credentials().offered_methods(is_loopback_link());
    const auto nonce = entropy_bytes(hello_.nonce.size());
    std::copy(nonce.begin(), nonce.end(), hello_.nonce.begin());
    queue_message(hello_);
  }

private:
  enum class stage { greet, receive_answer, prove, reject, advance_tls, receive_verdict };

  step_result step() override {
    switch (stage_) {
    case stage::greet:
      if (hello_.methods == 0) // The address that was dialled is fit: a peer that is gone has none.
        return fail("it closed the connection");
      return after(send_message(), [this] { return next(stage::receive_answer); });
    case stage::receive_answer:
      return after(receive_message(), [this] { return judge_answer(); });
    case stage::prove:
      return after(send_message(), [this] { return next(stage::receive_verdict); });
    case stage::reject:
      return after(send_message(), [this] { return fail(rejection_); });
    case stage::advance_tls:
      return after(advance_tls(tls_role::client), [this] { return judge_names(); });
    case stage::receive_verdict:
      return after(receive_message(), [this] { return judge_verdict(); });
    }
    return fail("unreachable");
  }

  template <class Next>
  static step_result after(step_result how, Next following) {
    return how == step_result::next ? following() : how;
  }

  step_result next(stage which) {
    stage_ = which;
    return step_result::next;
  }

  step_result judge_answer() {
    const auto answer = received();
    if (answer.version != handshake_message::current_version)
      return fail("it speaks version " + std::to_string(answer.version) +
                  " of belfry's greeting, this program version " +
                  std::to_string(handshake_message::current_version));
    if (answer.verdict == handshake_verdict::method_mismatch)
      return fail(required_method_text(answer.methods));
    method_ = static_cast<auth_method>(answer.methods);
    if (answer.verdict != handshake_verdict::welcome)
      return judge_verdict();
    // It chooses one of those that were offered, and nothing else.
    if ((answer.methods & hello_.methods) == 0 || (answer.methods & (answer.methods - 1)) != 0)
      return fail("it answers what was not offered");
    if (method_ == auth_method::open)
      return step_result::done;
    return method_ == auth_method::tls ? next(stage::advance_tls) : prove_after(answer);
  }

  /// The node proves first, so that an impostor learns nothing.
  step_result prove_after(const handshake_message& answer) {
    const auto secret = credentials().secret_of(method_);
    if (!secret)
      return fail("there is no secret to share with it: " + secret.error().what);
    const auto place = address_text(method_, remote_address_of(socket()));
    const auto theirs = make_proof(*secret, handshake_role::server, hello_, answer, place);
    if (!constant_time_equal(answer.proof, theirs))
      return reject(handshake_verdict::secret_mismatch, secret_mismatch_text());
    handshake_message word;
    word.proof = make_proof(*secret, handshake_role::client, hello_, answer, place);
    queue_message(word);
    return next(stage::prove);
  }

  step_result judge_names() {
    if (!has_allowed_name())
      return reject(handshake_verdict::name_not_allowed,
                    "its name is not allowed: " + certificate_names_text());
    queue_message({});
    return next(stage::prove);
  }

  /// The node gets to know why, too.
  step_result reject(handshake_verdict verdict, std::string why) {
    handshake_message word;
    word.verdict = verdict;
    queue_message(word);
    rejection_ = std::move(why);
    return next(stage::reject);
  }

  step_result judge_verdict() {
    switch (received().verdict) {
    case handshake_verdict::welcome:
      return step_result::done;
    case handshake_verdict::secret_mismatch:
      return fail(secret_mismatch_text());
    case handshake_verdict::name_not_allowed:
      return fail("it refuses our certificate: its name is not allowed there");
    case handshake_verdict::version_mismatch:
      return fail("it speaks another version of belfry's greeting");
    default:
      return fail("it refuses us");
    }
  }

  [[nodiscard]] std::string secret_mismatch_text() const {
    if (method_ == auth_method::bound_secret)
      return "it has another secret, or is behind another port than the one that was dialled";
    return method_ == auth_method::secret
               ? "it has another secret"
               : "it belongs to another user: both need the same secret (--secret-file), or TLS";
  }

  stage stage_ = stage::greet;
  handshake_message hello_;
  auth_method method_ = auth_method::user;
  std::string rejection_;
};

} // namespace

std::unique_ptr<link_handshake>
make_client_handshake(descriptor socket, std::shared_ptr<const transport_credentials> credentials) {
  return std::make_unique<client_handshake>(std::move(socket), std::move(credentials));
}

} // namespace belfry
