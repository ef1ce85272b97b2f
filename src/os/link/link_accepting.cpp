#include "os/link/link_handshake.hpp"

#include "belfry/contract.hpp"
#include "os/entropy.hpp"

#include <algorithm>
#include <utility>

namespace belfry {

namespace {

/// What a dialler lacks that this node demands.
std::string lack_text(link_kind demanded) {
  switch (demanded) {
  case link_kind::tls:
    return "it offers no TLS";
  case link_kind::secret:
    return "it offers no proof of a secret";
  case link_kind::user:
    return "it offers no proof of its user";
  default:
    return "it does not allow plain text without a proof";
  }
}

class accepting_handshake final : public link_handshake {
public:
  accepting_handshake(descriptor accepted, std::shared_ptr<const link_keys> with)
      : link_handshake(std::move(accepted), std::move(with)), kind_(keys().demanded()) {}

private:
  enum class stage { hear_hello, answer, refuse, shake, hear_proof, tell };

  step_end step() override {
    switch (stage_) {
    case stage::hear_hello:
      return after(hear_word(), [this] { return judge_hello(); });
    case stage::answer:
      return after(send_word(), [this] { return go_on(); });
    case stage::refuse:
      return after(send_word(), [this] { return fail(refusal_); });
    case stage::shake:
      return after(shake(tls_side::accepts), [this] { return next(stage::hear_proof); });
    case stage::hear_proof:
      return after(hear_word(), [this] { return judge_proof(); });
    case stage::tell:
      return after(send_word(), [] { return step_end::done; });
    }
    return fail("unreachable");
  }

  template <class Next>
  static step_end after(step_end how, Next following) {
    return how == step_end::next ? following() : how;
  }

  step_end judge_hello() {
    hello_ = heard();
    if (hello_.version != link_word::version_now)
      return refuse(link_verdict::other_version, "it speaks version " +
                                                     std::to_string(hello_.version) +
                                                     " of belfry's greeting, this node version " +
                                                     std::to_string(link_word::version_now));
    if (!offers(kind_))
      return refuse(link_verdict::other_kind, lack_text(kind_));
    if (kind_ == link_kind::secret && is_loopback_link() && offers(link_kind::secret_here))
      kind_ = link_kind::secret_here;
    answer_.kinds = static_cast<std::uint8_t>(kind_);
    if (kind_ != link_kind::open && kind_ != link_kind::tls)
      if (auto lacking = prepare_proof(); !lacking.empty())
        return refuse(link_verdict::other_secret, std::move(lacking));
    say(answer_);
    return next(stage::answer);
  }

  [[nodiscard]] bool offers(link_kind kind) const {
    return (hello_.kinds & static_cast<std::uint8_t>(kind)) != 0;
  }

  /// Returns why it cannot; empty: it can.
  std::string prepare_proof() {
    if (kind_ == link_kind::user && !is_loopback_link())
      return "it is on another machine";
    auto secret = keys().secret_of(kind_);
    if (!secret)
      return secret.error().what;
    secret_ = std::move(*secret);
    const auto random = entropy_bytes(answer_.random.size());
    std::copy(random.begin(), random.end(), answer_.random.begin());
    place_ = place_text(kind_, own_end_of(socket()));
    answer_.proof = link_proof(secret_, link_side::accepts, hello_, answer_, place_);
    return {};
  }

  step_end go_on() {
    if (kind_ == link_kind::open)
      return step_end::done;
    // The arithmetic of TLS is the dearest thing that a stranger can have.
    if (kind_ == link_kind::tls && has_hung_up(socket()))
      return fail("it closed the connection");
    return next(kind_ == link_kind::tls ? stage::shake : stage::hear_proof);
  }

  step_end next(stage which) {
    stage_ = which;
    return step_end::next;
  }

  step_end judge_proof() {
    const auto word = heard();
    if (word.verdict == link_verdict::other_secret)
      return fail("it has another secret");
    if (word.verdict == link_verdict::other_name)
      return fail("it does not allow the name of our certificate");
    if (kind_ == link_kind::tls)
      return judge_names();
    if (!is_same_proof(word.proof, link_proof(secret_, link_side::dials, hello_, answer_, place_)))
      return refuse(link_verdict::other_secret, "it has another secret");
    return welcome();
  }

  step_end judge_names() {
    if (!has_allowed_name())
      return refuse(link_verdict::other_name, "its name is not allowed: " + names_text());
    return welcome();
  }

  step_end welcome() {
    say({});
    return next(stage::tell);
  }

  step_end refuse(link_verdict verdict, std::string why) {
    link_word word;
    word.kinds = static_cast<std::uint8_t>(kind_);
    word.verdict = verdict;
    say(word);
    refusal_ = std::move(why);
    return next(stage::refuse);
  }

  link_kind kind_;
  stage stage_ = stage::hear_hello;
  link_word hello_;
  link_word answer_;
  std::string secret_;
  std::string place_;
  std::string refusal_;
};

} // namespace

std::unique_ptr<link_handshake> accept_link(descriptor socket,
                                            std::shared_ptr<const link_keys> keys) {
  return std::make_unique<accepting_handshake>(std::move(socket), std::move(keys));
}

} // namespace belfry
