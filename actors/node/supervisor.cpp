#include "node/supervisor.hpp"

#include "belfry/situation.hpp"

#include "base/actor_basics.hpp"
#include "base/local_messages.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

namespace belfry {

namespace {

situation budget_was_spent{"a supervisor gives a child up"};

class supervisor_state {
public:
  supervisor_state(caf::event_based_actor* self, std::vector<child_plan> plans) : self_(self) {
    for (auto& plan : plans) {
      restart_budget budget{plan.limits};
      const bool is_wanted = !plan.is_on_call;
      children_.push_back({std::move(plan), std::move(budget), nullptr, is_wanted, false});
    }
  }

  void start_all() {
    for (auto& one : children_)
      if (one.is_wanted)
        start(one);
    for (const auto& one : children_)
      if (one.actor)
        announce(one);
  }

  void hold(const hold_children& wanted, caf::actor orderer) {
    orderer_ = std::move(orderer);
    for (auto& one : children_) {
      if (!one.plan.is_on_call || one.plan.name != wanted.name || ending_)
        continue;
      const bool is_wanted = std::find(wanted.indexes.begin(), wanted.indexes.end(),
                                       one.plan.index) != wanted.indexes.end();
      one.is_wanted = is_wanted;
      if (!is_wanted && one.actor)
        self_->send_exit(one.actor, caf::exit_reason::user_shutdown);
      else if (is_wanted && !one.actor && !one.is_resting)
        introduce(one);
    }
    tell_living(wanted.name);
  }

  void somebody_died(const caf::down_msg& down) {
    const auto found = std::find_if(children_.begin(), children_.end(), [&](const child& one) {
      return one.actor && one.actor.address() == down.source;
    });
    if (found == children_.end())
      return;
    found->actor = nullptr;
    if (ending_)
      return end_next();
    ended(*found, down.reason);
  }

  void end_all(const caf::error& why) {
    if (ending_)
      return;
    ending_ = why;
    end_next();
  }

  /// No child is left without an owner, should this actor be killed.
  void kill_orphans() {
    for (const auto& one : children_) {
      if (one.actor)
        caf::anon_send<caf::message_priority::high>(
            one.actor, caf::exit_msg{self_->address(), caf::exit_reason::kill});
    }
  }

  void restart(std::size_t index) {
    auto& one = children_[index];
    one.is_resting = false;
    if (ending_ || one.actor || !one.is_wanted)
      return;
    introduce(one);
    spdlog::info("child.restarted name={} index={}", one.plan.name, one.plan.index);
  }

private:
  struct child {
    child_plan plan;
    restart_budget budget;
    caf::actor actor;        // None between two lives.
    bool is_wanted = false;  // It is to live.
    bool is_resting = false; // Before its next life.
  };

  /// Starts it when others live already.
  void introduce(child& one) {
    start(one);
    announce(one);
    for (const auto& other : children_) {
      if (other.actor && other.plan.name != one.plan.name)
        tell(one, other);
    }
  }

  void start(child& one) {
    one.actor = one.plan.start(self_->system());
    // No link: it would be undone by the exit message that is to end the child.
    self_->monitor(one.actor);
  }

  /// Tells all others of `one`.
  void announce(const child& one) {
    for (const auto& other : children_) {
      if (other.actor && other.plan.name != one.plan.name)
        tell(other, one);
    }
  }

  void tell(const child& whom, const child& of) {
    self_->send(whom.actor, child_started{of.plan.name, of.plan.index, of.actor});
  }

  void tell_living(const std::string& name) {
    living_children living{name, {}};
    for (const auto& one : children_)
      if (one.plan.name == name && (one.actor || one.is_wanted))
        living.indexes.push_back(one.plan.index);
    if (orderer_)
      self_->send(orderer_, std::move(living));
  }

  void ended(child& one, const caf::error& why) {
    if (one.plan.is_on_call)
      return ended_on_call(one, why);
    auto known = failure_of(why, self_->system());
    const auto pause = is_beyond_repair(why) ? std::nullopt : one.budget.spend(now());
    if (!pause) {
      budget_was_spent.reached();
      spdlog::error("child.given_up name={} index={} why=\"{}\"", one.plan.name, one.plan.index,
                    known.what);
      known.what =
          one.plan.name + " " + std::to_string(one.plan.index) + " cannot go on: " + known.what;
      return end_all(quit_reason(known));
    }
    restart_after(*pause, one, known.what);
  }

  void ended_on_call(child& one, const caf::error& why) {
    if (!one.is_wanted)
      return tell_living(one.plan.name);
    if (why == caf::exit_reason::user_shutdown)
      return introduce(one); // It was not wanted when it was told to end.
    auto known = failure_of(why, self_->system());
    const bool is_fenced = is_beyond_repair(why) && known.code == errc::wrong_state;
    const auto pause = is_beyond_repair(why) ? std::nullopt : one.budget.spend(now());
    if (pause)
      return restart_after(*pause, one, known.what);
    one.is_wanted = false;
    if (!is_fenced) {
      budget_was_spent.reached();
      spdlog::error("child.given_up name={} index={} why=\"{}\"", one.plan.name, one.plan.index,
                    known.what);
    }
    self_->send(orderer_,
                child_ended{one.plan.name, one.plan.index, is_fenced, std::move(known.what)});
  }

  void restart_after(duration pause, child& one, const std::string& why) {
    one.is_resting = true;
    spdlog::warn("child.ended name={} index={} pause_ms={} why=\"{}\"", one.plan.name,
                 one.plan.index, pause.count(), why);
    self_->delayed_send(self_, pause, restart_atom::value,
                        static_cast<std::size_t>(&one - children_.data()));
  }

  /// Ends the last child that lives; ends itself when there is none.
  void end_next() {
    const auto last = std::find_if(children_.rbegin(), children_.rend(),
                                   [](const child& one) { return one.actor != nullptr; });
    if (last == children_.rend())
      return self_->quit(*ending_);
    self_->send_exit(last->actor, caf::exit_reason::user_shutdown);
  }

  [[nodiscard]] duration now() const {
    return std::chrono::duration_cast<duration>(self_->clock().now().time_since_epoch());
  }

  caf::event_based_actor* self_;
  std::vector<child> children_;      // In the order of their start; never grows.
  caf::actor orderer_;               // Says which of those on call are to live.
  std::optional<caf::error> ending_; // What this actor will end with, once its children have.
};

caf::behavior supervisor(caf::event_based_actor* self, std::vector<child_plan>& plans) {
  guard(self);
  const auto state = std::make_shared<supervisor_state>(self, std::move(plans));
  self->set_down_handler([state](const caf::down_msg& down) { state->somebody_died(down); });
  self->set_exit_handler([state](const caf::exit_msg& exit) { state->end_all(exit.reason); });
  self->attach_functor([state] { state->kill_orphans(); });
  state->start_all();
  return {
      [state](restart_atom, std::size_t index) { state->restart(index); },
      [state, self](const hold_children& wanted) {
        state->hold(wanted, caf::actor_cast<caf::actor>(self->current_sender()));
      },
  };
}

} // namespace

caf::actor spawn_supervisor(caf::actor_system& system, std::vector<child_plan> plans) {
  return system.spawn([plans = std::move(plans)](caf::event_based_actor* self) mutable {
    return supervisor(self, plans);
  });
}

} // namespace belfry
