#pragma once

#include "base/system_config.hpp"

#include "belfry/clock.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/message.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace belfry::test {

/// A clock that the test advances.
class manual_clock final : public clock {
public:
  explicit manual_clock(instant now) : now_(now) {}

  [[nodiscard]] instant now() const override { return now_; }
  void pass(duration span) { now_ += span; }

private:
  instant now_;
};

/// An actor system on CAF's test scheduler: the test decides when actors run and when time passes.
class actor_fixture {
public:
  actor_fixture() = default;
  ~actor_fixture() {
    kill_owned();
    system.await_actors_before_shutdown(false);
  }
  actor_fixture(const actor_fixture&) = delete;
  actor_fixture& operator=(const actor_fixture&) = delete;

  /// Runs the actors until all mailboxes are empty.
  void run() { scheduler.run(); }

  /// Advances `time` and the timers of the actors by `span`, in small steps.
  void advance(duration span) {
    run();
    for (; span > duration{0}; span -= step) {
      time->pass(std::min(span, step));
      scheduler.advance_time(std::min(span, step));
      run();
    }
  }

  /// Advances time by `span` without running anything, as when the process stalls: messages sent
  /// meanwhile are handled before any timer fires.
  void stall(duration span) {
    run();
    time->pass(span);
    scheduler.clock().current_time += span;
  }

  /// Ends `actor` with the test.
  caf::actor own(caf::actor actor) {
    owned_.push_back(actor);
    return actor;
  }

  /// Ends all owned actors. For destructors of fixtures whose members the actors refer to.
  void kill_owned() {
    for (const auto& actor : std::exchange(owned_, {}))
      caf::anon_send_exit(actor, caf::exit_reason::kill);
    run();
    // Pending timers would keep actors alive beyond the end of the system.
    scheduler.clock().cancel_all();
  }

private:
  static constexpr duration step{10};

  struct test_config : system_config {
    test_config() : system_config(false) { set("scheduler.policy", caf::atom("testing")); }
  };
  test_config config_;

public:
  caf::actor_system system{config_};
  caf::scheduler::test_coordinator& scheduler =
      dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler());
  std::shared_ptr<manual_clock> time =
      std::make_shared<manual_clock>(instant_of_ms(1'700'000'000'000));

private:
  std::vector<caf::actor> owned_;
};

/// Stands in for an actor: records all messages and does nothing.
class probe {
public:
  explicit probe(caf::actor_system& system)
      : received_(std::make_shared<std::vector<caf::message>>()),
        actor_(system.spawn([received = received_](caf::event_based_actor* self) -> caf::behavior {
          self->set_default_handler(
              [received](caf::scheduled_actor*,
                         caf::message_view& content) -> caf::result<caf::message> {
                received->push_back(content.move_content_to_message());
                return caf::delegated<caf::message>{};
              });
          return {[](idle_atom) {}}; // An actor without any handler would end.
        })) {}

  [[nodiscard]] const caf::actor& actor() const { return actor_; }

  /// All messages so far, in order.
  [[nodiscard]] std::vector<caf::message>& heard() { return *received_; }

  /// The messages of one type: `all<submit_atom, envelope>()`.
  template <class... Parts>
  [[nodiscard]] std::vector<caf::message> all() const {
    std::vector<caf::message> found;
    for (const auto& message : *received_) {
      if (message.match_elements<Parts...>())
        found.push_back(message);
    }
    return found;
  }

private:
  using idle_atom = caf::atom_constant<caf::atom("probeidle")>;

  std::shared_ptr<std::vector<caf::message>> received_;
  caf::actor actor_;
};

} // namespace belfry::test
