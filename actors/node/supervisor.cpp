#include "node/supervisor.hpp"

#include "belfry/coverage_probe.hpp"

#include "base/actor_basics.hpp"
#include "base/local_messages.hpp"

#include "text/printable.hpp"

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

coverage_probe restart_budget_exhausted{"a child has used up its restart budget"};

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
    for (auto& candidate : children_)
      if (candidate.is_desired)
        start(candidate);
    for (const auto& started : children_)
      if (started.actor)
        announce(started);
  }

  void set_desired(const set_desired_children& wanted, caf::actor controller) {
    controller_ = std::move(controller);
    for (auto& candidate : children_) {
      const auto& spec = candidate.spec;
      if (!spec.is_on_demand || spec.name != wanted.name || stop_reason_)
        continue;
      const bool is_desired = std::find(wanted.indexes.begin(), wanted.indexes.end(), spec.index) !=
                              wanted.indexes.end();
      candidate.is_desired = is_desired;
      if (!is_desired && candidate.actor)
        self_->send_exit(candidate.actor, caf::exit_reason::user_shutdown);
      else if (is_desired && !candidate.actor && !candidate.is_restart_pending)
        start_and_announce(candidate);
    }
    send_running_children(wanted.name);
  }

  void on_actor_down(const caf::down_msg& down) {
    const auto found =
        std::find_if(children_.begin(), children_.end(), [&](const child& candidate) {
          return candidate.actor && candidate.actor.address() == down.source;
        });
    if (found == children_.end())
      return;
    found->actor = nullptr;
    if (stop_reason_)
      return stop_next();
    on_child_ended(*found, down.reason);
  }

  void stop_all(const caf::error& reason) {
    if (stop_reason_)
      return;
    stop_reason_ = reason;
    stop_next();
  }

  /// If this actor is killed, its children must not outlive it.
  void kill_children() {
    for (const auto& orphan : children_) {
      if (orphan.actor)
        caf::anon_send<caf::message_priority::high>(
            orphan.actor, caf::exit_msg{self_->address(), caf::exit_reason::kill});
    }
  }

  void restart(std::size_t index) {
    auto& ended = children_[index];
    ended.is_restart_pending = false;
    if (stop_reason_ || ended.actor || !ended.is_desired)
      return;
    start_and_announce(ended);
    spdlog::info("child.restarted name={} index={}", log_value(ended.spec.name), ended.spec.index);
  }

private:
  struct child {
    child_spec spec;
    restart_budget budget;
    caf::actor actor; // Null while it is not running.
    bool is_desired = false;
    bool is_restart_pending = false;
  };

  /// Starts a child while others are running: both sides learn of each other.
  void start_and_announce(child& started) {
    start(started);
    announce(started);
    for (const auto& other : children_) {
      if (other.actor && other.spec.name != started.spec.name)
        send_child_started(started, other);
    }
  }

  void start(child& started) {
    started.actor = started.spec.start(self_->system());
    // No link: an exit message to the child would remove it, so that nobody hears of the end.
    self_->monitor(started.actor);
  }

  /// Tells all others that `started` is running.
  void announce(const child& started) {
    for (const auto& other : children_) {
      if (other.actor && other.spec.name != started.spec.name)
        send_child_started(other, started);
    }
  }

  void send_child_started(const child& receiver, const child& started) {
    self_->send(receiver.actor,
                child_started{started.spec.name, started.spec.index, started.actor});
  }

  void send_running_children(const std::string& name) {
    running_children running{name, {}};
    for (const auto& candidate : children_)
      if (candidate.spec.name == name && (candidate.actor || candidate.is_desired))
        running.indexes.push_back(candidate.spec.index);
    if (controller_)
      self_->send(controller_, std::move(running));
  }

  void on_child_ended(child& ended, const caf::error& error) {
    if (ended.spec.is_on_demand)
      return on_demand_child_ended(ended, error);
    auto reason = failure_of(error, self_->system());
    const auto pause = is_permanent_failure(error) ? std::nullopt : ended.budget.spend(now());
    if (!pause) {
      restart_budget_exhausted.hit();
      spdlog::error("child.failed_permanently name={} index={} reason={}",
                    log_value(ended.spec.name), ended.spec.index, log_value(reason.what));
      reason.what = ended.spec.name + " " + std::to_string(ended.spec.index) +
                    " failed permanently: " + reason.what;
      return stop_all(quit_reason(reason));
    }
    schedule_restart(*pause, ended, reason.what);
  }

  void on_demand_child_ended(child& ended, const caf::error& error) {
    if (!ended.is_desired)
      return send_running_children(ended.spec.name);
    if (error == caf::exit_reason::user_shutdown)
      return start_and_announce(ended); // It was stopped, and then desired again.
    auto reason = failure_of(error, self_->system());
    const bool is_fenced = is_permanent_failure(error) && reason.code == errc::wrong_state;
    const auto pause = is_permanent_failure(error) ? std::nullopt : ended.budget.spend(now());
    if (pause)
      return schedule_restart(*pause, ended, reason.what);
    ended.is_desired = false;
    if (!is_fenced) {
      restart_budget_exhausted.hit();
      spdlog::error("child.failed_permanently name={} index={} reason={}",
                    log_value(ended.spec.name), ended.spec.index, log_value(reason.what));
    }
    self_->send(controller_, child_terminated{ended.spec.name, ended.spec.index, is_fenced,
                                              std::move(reason.what)});
  }

  void schedule_restart(duration pause, child& ended, const std::string& reason) {
    ended.is_restart_pending = true;
    spdlog::warn("child.ended name={} index={} pause_ms={} reason={}", log_value(ended.spec.name),
                 ended.spec.index, pause.count(), log_value(reason));
    self_->delayed_send(self_, pause, restart_atom::value,
                        static_cast<std::size_t>(&ended - children_.data()));
  }

  /// Stops the last running child; quits when there is none.
  void stop_next() {
    const auto last =
        std::find_if(children_.rbegin(), children_.rend(),
                     [](const child& candidate) { return candidate.actor != nullptr; });
    if (last == children_.rend())
      return self_->quit(*stop_reason_);
    self_->send_exit(last->actor, caf::exit_reason::user_shutdown);
  }

  [[nodiscard]] duration now() const {
    return std::chrono::duration_cast<duration>(self_->clock().now().time_since_epoch());
  }

  caf::event_based_actor* self_;
  std::vector<child> children_; // In the order of their start; never grows.
  caf::actor controller_;       // Sent the latest set_desired_children.
  std::optional<caf::error>
      stop_reason_; // Set: the children are being stopped, then this actor quits with it.
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
