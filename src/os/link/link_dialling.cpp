#include "os/link/link_handshake.hpp"

#include "os/entropy.hpp"

#include <algorithm>
#include <utility>

namespace belfry {

namespace {

/// What the user may do about a node that demands `kind`.
std::string demand_text(std::uint8_t kind) {
  switch (static_cast<link_kind>(kind)) {
  case link_kind::tls:
    return "it requires TLS (--tls-cert, --tls-key, --tls-ca)";
  case link_kind::secret:
  case link_kind::secret_here:
    return "it requires a secret (--secret-file)";
  case link_kind::user:
    return "it talks to programs of its own user on its own machine alone";
  case link_kind::open:
    return "it does not prove who it is, which has to be allowed (--insecure)";
  }
  return "it requires what this program does not know";
}

class dialling_handshake final : public link_handshake {
public:
  dialling_handshake(descriptor opened, std::shared_ptr<const link_keys> with)
      : link_handshake(std::move(opened), std::move(with)) {
    hello_.kinds = keys().offered(is_loopback_link());
    const auto random = entropy_bytes(hello_.random.size());
    std::copy(random.begin(), random.end(), hello_.random.begin());
    say(hello_);
  }

private:
  enum class stage { greet, hear_answer, prove, deny, shake, hear_verdict };

  step_end step() override {
    switch (stage_) {
    case stage::greet:
      if (hello_.kinds == 0) // The address that was dialled is fit: a peer that is gone has none.
        return fail("it closed the connection");
      return after(send_word(), [this] { return next(stage::hear_answer); });
    case stage::hear_answer:
      return after(hear_word(), [this] { return judge_answer(); });
    case stage::prove:
      return after(send_word(), [this] { return next(stage::hear_verdict); });
    case stage::deny:
      return after(send_word(), [this] { return fail(refusal_); });
    case stage::shake:
      return after(shake(tls_side::dials), [this] { return judge_names(); });
    case stage::hear_verdict:
      return after(hear_word(), [this] { return judge_verdict(); });
    }
    return fail("unreachable");
  }

  template <class Next>
  static step_end after(step_end how, Next following) {
    return how == step_end::next ? following() : how;
  }

  step_end next(stage which) {
    stage_ = which;
    return step_end::next;
  }

  step_end judge_answer() {
    const auto answer = heard();
    if (answer.version != link_word::version_now)
      return fail("it speaks version " + std::to_string(answer.version) +
                  " of belfry's greeting, this program version " +
                  std::to_string(link_word::version_now));
    if (answer.verdict == link_verdict::other_kind)
      return fail(demand_text(answer.kinds));
    kind_ = static_cast<link_kind>(answer.kinds);
    if (answer.verdict != link_verdict::welcome)
      return judge_verdict();
    // It chooses one of those that were offered, and nothing else.
    if ((answer.kinds & hello_.kinds) == 0 || (answer.kinds & (answer.kinds - 1)) != 0)
      return fail("it answers what was not offered");
    if (kind_ == link_kind::open)
      return step_end::done;
    return kind_ == link_kind::tls ? next(stage::shake) : prove_after(answer);
  }

  /// The node proves first, so that an impostor learns nothing.
  step_end prove_after(const link_word& answer) {
    const auto secret = keys().secret_of(kind_);
    if (!secret)
      return fail("there is no secret to share with it: " + secret.error().what);
    const auto place = place_text(kind_, peer_of(socket()));
    const auto theirs = link_proof(*secret, link_side::accepts, hello_, answer, place);
    if (!is_same_proof(answer.proof, theirs))
      return deny(link_verdict::other_secret, other_secret_text());
    link_word word;
    word.proof = link_proof(*secret, link_side::dials, hello_, answer, place);
    say(word);
    return next(stage::prove);
  }

  step_end judge_names() {
    if (!has_allowed_name())
      return deny(link_verdict::other_name, "its name is not allowed: " + names_text());
    say({});
    return next(stage::prove);
  }

  /// The node gets to know why, too.
  step_end deny(link_verdict verdict, std::string why) {
    link_word word;
    word.verdict = verdict;
    say(word);
    refusal_ = std::move(why);
    return next(stage::deny);
  }

  step_end judge_verdict() {
    switch (heard().verdict) {
    case link_verdict::welcome:
      return step_end::done;
    case link_verdict::other_secret:
      return fail(other_secret_text());
    case link_verdict::other_name:
      return fail("it refuses our certificate: its name is not allowed there");
    case link_verdict::other_version:
      return fail("it speaks another version of belfry's greeting");
    default:
      return fail("it refuses us");
    }
  }

  [[nodiscard]] std::string other_secret_text() const {
    if (kind_ == link_kind::secret_here)
      return "it has another secret, or is behind another port than the one that was dialled";
    return kind_ == link_kind::secret
               ? "it has another secret"
               : "it belongs to another user: both need the same secret (--secret-file), or TLS";
  }

  stage stage_ = stage::greet;
  link_word hello_;
  link_kind kind_ = link_kind::user;
  std::string refusal_;
};

} // namespace

std::unique_ptr<link_handshake> begin_link(descriptor socket,
                                           std::shared_ptr<const link_keys> keys) {
  return std::make_unique<dialling_handshake>(std::move(socket), std::move(keys));
}

} // namespace belfry
