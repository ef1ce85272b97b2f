#include "gateway.hpp"

#include "belfry/actors/protocol.hpp"

#include "actor_basics.hpp"
#include "local_messages.hpp"

#include "wire/codec.hpp"
#include "wire/envelope.hpp"

#include <spdlog/spdlog.h>

#include <utility>
#include <vector>

namespace belfry {

namespace {

/// A restarted shard is back within a fraction of a second, if little must be replayed.
constexpr std::uint32_t retry_after_ms = 200;

class gateway_state {
public:
  gateway_state(caf::event_based_actor* self, gateway_options options)
      : self_(self), options_(std::move(options)), started_(options_.time->now()),
        shards_(options_.shards) {}

  void hello(const envelope& from) {
    wire::Hello word;
    const bool is_read = is_sane(from) && wire::open(from.bytes, word);
    wire::Welcome answer;
    answer.set_node(options_.name);
    answer.set_shard_count(options_.shards);
    if (const auto why = refusal(is_read, word); !why.empty())
      wire::write(failure{errc::invalid_argument, why}, *answer.mutable_failure());
    reply(welcome_atom::value, answer);
  }

  void submit(envelope& from) {
    if (!is_sane(from))
      return;
    if (is_known(from.shard))
      return pass_on(shards_[from.shard], submit_atom::value, from);
    wire::Submit request;
    if (!wire::open(from.bytes, request))
      return;
    wire::Submitted answer;
    answer.set_client(request.client());
    answer.set_sequence(request.sequence());
    answer.set_shard(request.shard());
    refuse(from.shard, *answer.mutable_failure());
    reply(submitted_atom::value, answer);
  }

  void ask(envelope& from) {
    wire::Request request;
    if (!is_sane(from) || !wire::open(from.bytes, request))
      return;
    if (request.has_status())
      return tell_status(request);
    if (is_known(from.shard))
      return pass_on(shards_[from.shard], ask_atom::value, from);
    wire::Answer answer;
    answer.set_correlation(request.correlation());
    refuse(from.shard, *answer.mutable_failure());
    reply(answer_atom::value, answer);
  }

  void report(envelope& from) {
    if (is_sane(from) && is_known(from.shard))
      pass_on(shards_[from.shard], report_atom::value, from);
  }

  void attach(envelope& from) {
    if (!is_sane(from))
      return;
    if (dispatcher_)
      return pass_on(dispatcher_, attach_atom::value, from);
    wire::Attached answer;
    say_unavailable("the dispatcher is not running", *answer.mutable_failure());
    reply(attached_atom::value, answer);
  }

  template <class Atom>
  void to_dispatcher(Atom what, envelope& from) {
    if (is_sane(from) && dispatcher_)
      pass_on(dispatcher_, what, from);
  }

  void started(const child_started& news) {
    if (!owner_)
      owner_ = caf::actor_cast<caf::actor_addr>(self_->current_sender());
    if (news.name == "dispatcher")
      dispatcher_ = news.child;
    else if (news.name == "shard" && news.index < shards_.size())
      shards_[news.index] = news.child;
    else
      return;
    self_->monitor(news.child);
  }

  void somebody_died(const caf::actor_addr& who) {
    if (dispatcher_ && dispatcher_.address() == who)
      dispatcher_ = nullptr;
    for (auto& shard : shards_) {
      if (shard && shard.address() == who)
        shard = nullptr;
    }
  }

  void exit_came(caf::exit_msg& exit) {
    if (owner_ && exit.source == owner_)
      self_->quit(std::move(exit.reason));
  }

private:
  /// Why the sender of `word` is not welcome; empty if it is.
  [[nodiscard]] std::string refusal(bool is_read, const wire::Hello& word) const {
    if (!is_read)
      return "the greeting is not readable";
    if (word.protocol_version() != protocol_version)
      return "protocol version " + std::to_string(word.protocol_version()) +
             " is not spoken here: this node speaks " + std::to_string(protocol_version);
    if (!word.cluster().empty() && !options_.cluster.empty() && word.cluster() != options_.cluster)
      return "this node is of cluster '" + options_.cluster + "', not of '" + word.cluster() + "'";
    return {};
  }

  [[nodiscard]] bool is_sane(const envelope& from) const {
    if (from.bytes.size() <= options_.envelope_bytes_max)
      return true;
    spdlog::warn("envelope.dropped bytes={} bytes_max={}", from.bytes.size(),
                 options_.envelope_bytes_max);
    return false;
  }

  [[nodiscard]] bool is_known(std::uint32_t shard) const {
    return shard < shards_.size() && shards_[shard] != nullptr;
  }

  void refuse(std::uint32_t shard, wire::Failure& why) const {
    if (shard < shards_.size())
      return say_unavailable("shard " + std::to_string(shard) + " is starting", why);
    wire::write(failure{errc::invalid_argument, "there is no shard " + std::to_string(shard) +
                                                    ": this node has " +
                                                    std::to_string(shards_.size())},
                why);
  }

  static void say_unavailable(std::string what, wire::Failure& why) {
    wire::write(failure{errc::unavailable, std::move(what)}, why);
    why.set_retry_after_ms(retry_after_ms);
  }

  /// The dispatcher adds what it knows, and answers.
  void tell_status(const wire::Request& request) {
    wire::Answer answer;
    answer.set_correlation(request.correlation());
    if (!dispatcher_) {
      say_unavailable("the dispatcher is not running", *answer.mutable_failure());
      return reply(answer_atom::value, answer);
    }
    auto& status = *answer.mutable_status();
    status.set_node(options_.name);
    status.set_shard_count(options_.shards);
    status.set_uptime_ms((options_.time->now() - started_).count());
    self_->send(dispatcher_, finish_answer{sender(), std::move(answer), {}, {}});
  }

  template <class Atom>
  void pass_on(const caf::actor& whom, Atom what, envelope& from) {
    self_->delegate(whom, what, std::move(from));
  }

  template <class Atom>
  void reply(Atom what, const google::protobuf::MessageLite& message) {
    if (const auto whom = sender())
      self_->send(whom, what, envelope{wire::seal(message), 0});
  }

  [[nodiscard]] caf::actor sender() const {
    return caf::actor_cast<caf::actor>(self_->current_sender());
  }

  caf::event_based_actor* self_;
  const gateway_options options_;
  const instant started_;
  std::vector<caf::actor> shards_; // By number; none while it is not running.
  caf::actor dispatcher_;
  caf::actor_addr owner_;
};

} // namespace

caf::behavior gateway(caf::event_based_actor* self, gateway_options options) {
  guard(self);
  const auto state = std::make_shared<gateway_state>(self, std::move(options));
  self->set_down_handler([state](const caf::down_msg& down) { state->somebody_died(down.source); });
  self->set_exit_handler([state](caf::exit_msg& exit) { state->exit_came(exit); });
  return {
      [state](submit_atom, envelope& from) { state->submit(from); },
      [state](report_atom, envelope& from) { state->report(from); },
      [state](credit_atom, envelope& from) { state->to_dispatcher(credit_atom::value, from); },
      [state](beat_atom, envelope& from) { state->to_dispatcher(beat_atom::value, from); },
      [state](ask_atom, envelope& from) { state->ask(from); },
      [state](attach_atom, envelope& from) { state->attach(from); },
      [state](hello_atom, const envelope& from) { state->hello(from); },
      [state](const child_started& news) { state->started(news); },
  };
}

} // namespace belfry
