#include "node/supervisor.hpp"

#include "belfry/coverage_probe.hpp"

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

coverage_probe restart_budget_exhausted{"a supervisor gives a child up"};

class supervisor_state {
public:
  supervisor_state(caf::event_based_actor* self, std::vector<child_spec> specs) : self_(self) {
    for (auto& spec : specs) {
      restart_budget budget{spec.limits};
      const bool is_desired = !spec.is_on_demand;
      children_.push_back({std::move(spec), std::move(budget), nullptr, is_desired, false});
    }
  }

  void start_all() {
    for (auto& one : children_)
      if (one.is_desired)
        start(one);
    for (const auto& one : children_)
      if (one.actor)
        announce(one);
  }

  void set_desired(const set_desired_children& wanted, caf::actor orderer) {
    controller_ = std::move(orderer);
    for (auto& one : children_) {
      if (!one.spec.is_on_demand || one.spec.name != wanted.name || stop_reason_)
        continue;
      const bool is_desired = std::find(wanted.indexes.begin(), wanted.indexes.end(),
                                        one.spec.index) != wanted.indexes.end();
      one.is_desired = is_desired;
      if (!is_desired && one.actor)
        self_->send_exit(one.actor, caf::exit_reason::user_shutdown);
      else if (is_desired && !one.actor && !one.is_restart_pending)
        start_and_announce(one);
    }
    send_running_children(wanted.name);
  }

  void on_actor_down(const caf::down_msg& down) {
    const auto found = std::find_if(children_.begin(), children_.end(), [&](const child& one) {
      return one.actor && one.actor.address() == down.source;
    });
    if (found == children_.end())
      return;
    found->actor = nullptr;
    if (stop_reason_)
      return stop_next();
    on_child_ended(*found, down.reason);
  }

  void stop_all(const caf::error& why) {
    if (stop_reason_)
      return;
    stop_reason_ = why;
    stop_next();
  }

  /// No child is left without an owner, should this actor be killed.
  void kill_children() {
    for (const auto& one : children_) {
      if (one.actor)
        caf::anon_send<caf::message_priority::high>(
            one.actor, caf::exit_msg{self_->address(), caf::exit_reason::kill});
    }
  }

  void restart(std::size_t index) {
    auto& one = children_[index];
    one.is_restart_pending = false;
    if (stop_reason_ || one.actor || !one.is_desired)
      return;
    start_and_announce(one);
    spdlog::info("child.restarted name={} index={}", one.spec.name, one.spec.index);
  }

private:
  struct child {
    child_spec spec;
    restart_budget budget;
    caf::actor actor;                // None between two lives.
    bool is_desired = false;         // It is to live.
    bool is_restart_pending = false; // Before its next life.
  };

  /// Starts it when others live already.
  void start_and_announce(child& one) {
    start(one);
    announce(one);
    for (const auto& other : children_) {
      if (other.actor && other.spec.name != one.spec.name)
        send_child_started(one, other);
    }
  }

  void start(child& one) {
    one.actor = one.spec.start(self_->system());
    // No link: it would be undone by the exit message that is to end the child.
    self_->monitor(one.actor);
  }

  /// Tells all others of `one`.
  void announce(const child& one) {
    for (const auto& other : children_) {
      if (other.actor && other.spec.name != one.spec.name)
        send_child_started(other, one);
    }
  }

  void send_child_started(const child& whom, const child& of) {
    self_->send(whom.actor, child_started{of.spec.name, of.spec.index, of.actor});
  }

  void send_running_children(const std::string& name) {
    running_children living{name, {}};
    for (const auto& one : children_)
      if (one.spec.name == name && (one.actor || one.is_desired))
        living.indexes.push_back(one.spec.index);
    if (controller_)
      self_->send(controller_, std::move(living));
  }

  void on_child_ended(child& one, const caf::error& why) {
    if (one.spec.is_on_demand)
      return on_demand_child_ended(one, why);
    auto known = failure_of(why, self_->system());
    const auto pause = is_permanent_failure(why) ? std::nullopt : one.budget.spend(now());
    if (!pause) {
      restart_budget_exhausted.hit();
      spdlog::error("child.failed_permanently name={} index={} reason=\"{}\"", one.spec.name,
                    one.spec.index, known.what);
      known.what =
          one.spec.name + " " + std::to_string(one.spec.index) + " cannot go on: " + known.what;
      return stop_all(quit_reason(known));
    }
    schedule_restart(*pause, one, known.what);
  }

  void on_demand_child_ended(child& one, const caf::error& why) {
    if (!one.is_desired)
      return send_running_children(one.spec.name);
    if (why == caf::exit_reason::user_shutdown)
      return start_and_announce(one); // It was not wanted when it was told to end.
    auto known = failure_of(why, self_->system());
    const bool is_fenced = is_permanent_failure(why) && known.code == errc::wrong_state;
    const auto pause = is_permanent_failure(why) ? std::nullopt : one.budget.spend(now());
    if (pause)
      return schedule_restart(*pause, one, known.what);
    one.is_desired = false;
    if (!is_fenced) {
      restart_budget_exhausted.hit();
      spdlog::error("child.failed_permanently name={} index={} reason=\"{}\"", one.spec.name,
                    one.spec.index, known.what);
    }
    self_->send(controller_,
                child_terminated{one.spec.name, one.spec.index, is_fenced, std::move(known.what)});
  }

  void schedule_restart(duration pause, child& one, const std::string& why) {
    one.is_restart_pending = true;
    spdlog::warn("child.ended name={} index={} pause_ms={} reason=\"{}\"", one.spec.name,
                 one.spec.index, pause.count(), why);
    self_->delayed_send(self_, pause, restart_atom::value,
                        static_cast<std::size_t>(&one - children_.data()));
  }

  /// Ends the last child that lives; ends itself when there is none.
  void stop_next() {
    const auto last = std::find_if(children_.rbegin(), children_.rend(),
                                   [](const child& one) { return one.actor != nullptr; });
    if (last == children_.rend())
      return self_->quit(*stop_reason_);
    self_->send_exit(last->actor, caf::exit_reason::user_shutdown);
  }

  [[nodiscard]] duration now() const {
    return std::chrono::duration_cast<duration>(self_->clock().now().time_since_epoch());
  }

  caf::event_based_actor* self_;
  std::vector<child> children_;           // In the order of their start; never grows.
  caf::actor controller_;                 // Says which of those on call are to live.
  std::optional<caf::error> stop_reason_; // What this actor will end with, once its children have.
};

caf::behavior supervisor(caf::event_based_actor* self, std::vector<child_spec>& specs) {
  install_default_handlers(self);
  const auto state = std::make_shared<supervisor_state>(self, std::move(specs));
  self->set_down_handler([state](const caf::down_msg& down) { state->on_actor_down(down); });
  self->set_exit_handler([state](const caf::exit_msg& exit) { state->stop_all(exit.reason); });
  self->attach_functor([state] { state->kill_children(); });
  state->start_all();
  return {
      [state](restart_atom, std::size_t index) { state->restart(index); },
      [state, self](const set_desired_children& wanted) {
        state->set_desired(wanted, caf::actor_cast<caf::actor>(self->current_sender()));
      },
  };
}

} // namespace

caf::actor spawn_supervisor(caf::actor_system& system, std::vector<child_spec> specs) {
  return system.spawn([specs = std::move(specs)](caf::event_based_actor* self) mutable {
    return supervisor(self, specs);
  });
}

} // namespace belfry
