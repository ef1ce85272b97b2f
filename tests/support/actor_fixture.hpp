#pragma once

#include "base/system_config.hpp"
#include "support/transcript.hpp"

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

/// A clock that a test sets.
class manual_clock final : public clock {
public:
  explicit manual_clock(instant now) : now_(now) {}

  [[nodiscard]] instant now() const override { return now_; }
  [[nodiscard]] duration machine_offset() const override { return machine_offset_; }
  void advance(duration span) { now_ += span; }
  void set_machine_offset(duration offset) { machine_offset_ = offset; }

private:
  instant now_;
  duration machine_offset_{0};
};

/// An actor system on CAF's test scheduler: nothing happens unless the test says so, and time
/// passes only when told to.
class actor_fixture {
public:
  actor_fixture() = default;
  ~actor_fixture() {
    kill_owned();
    system.await_actors_before_shutdown(false);
  }
  actor_fixture(const actor_fixture&) = delete;
  actor_fixture& operator=(const actor_fixture&) = delete;

  /// Lets the actors handle what is in their mailboxes, until none has any.
  void run() { scheduler.run(); }

  /// Lets `span` pass for the actors and for `time`, timer by timer.
  void advance(duration span) {
    run();
    for (; span > duration{0}; span -= step) {
      time->advance(std::min(span, step));
      scheduler.advance_time(std::min(span, step));
      run();
    }
  }

  /// Lets `span` pass while nothing moves, as when a process is stopped: what was sent meanwhile
  /// is heard before any timer rings.
  void stall(duration span) {
    run();
    time->advance(span);
    scheduler.clock().current_time += span;
  }

  /// Ends `owned` with the test.
  caf::actor adopt(caf::actor owned) {
    owned_.push_back(owned);
    return owned;
  }

  /// Ends what is owned. For destructors of fixtures whose members the actors refer to.
  void kill_owned() {
    for (const auto& owned : std::exchange(owned_, {}))
      caf::anon_send_exit(owned, caf::exit_reason::kill);
    run();
    // Timers would keep their actors alive beyond the end of the system.
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

/// Stands in for an actor: records what it is sent and does nothing.
class probe {
public:
  /// Records the messages in `log`, too, if there is one. It outlives the probe.
  explicit probe(caf::actor_system& system, transcript* log = nullptr)
      : received_(std::make_shared<std::vector<caf::message>>()),
        actor_(system.spawn(
            [received = received_, log](caf::event_based_actor* self) -> caf::behavior {
              self->set_default_handler(
                  [received, log](caf::scheduled_actor* receiver,
                                  caf::message_view& content) -> caf::result<caf::message> {
                    received->push_back(content.move_content_to_message());
                    if (log)
                      log->record(caf::actor_cast<caf::actor>(receiver->current_sender()),
                                  caf::actor_cast<caf::actor>(receiver), received->back());
                    return caf::delegated<caf::message>{};
                  });
              return {[](idle_atom) {}}; // An actor without any handler would end.
            })) {}

  [[nodiscard]] const caf::actor& actor() const { return actor_; }

  /// All messages so far, in order.
  [[nodiscard]] std::vector<caf::message>& received() { return *received_; }

  /// Those of one kind: `all<submit_atom, envelope>()`.
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
