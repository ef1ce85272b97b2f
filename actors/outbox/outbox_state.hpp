#pragma once

#include "base/local_messages.hpp"
#include "belfry/actors/client_actor.hpp"
#include "belfry/actors/protocol.hpp"
#include "outbox/outbox.hpp"
#include "outbox/outbox_book.hpp"

#include "wire/messages.pb.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace belfry {

using deliver_atom = caf::atom_constant<caf::atom("deliver")>;
using rewrite_atom = caf::atom_constant<caf::atom("rewrite")>;

/// What an outbox does with its messages: one method per message.
///
/// As a shard: a batch changes the book at once, its record gathers, and the answer waits until
/// that is written. One record is under way at a time.
class outbox_state {
public:
  outbox_state(caf::event_based_actor* self, outbox_options options)
      : self_(self), options_(std::move(options)) {}

  void meet(const child_started& who);

  // Recovery.
  void acquired(const shard_acquired& answer);
  void position_came(const snapshot_parts& parts);
  void stretch_came(const journal_stretch& stretch);

  void take(const envelope& from);
  void told(const open_queues& news);
  void flush();
  void written(batch_written& answer);
  void write_again();
  void shortened(const snapshot_committed& answer);
  /// Hands over what waits; the task `index` of the batch `number` again.
  void deliver();
  void deliver(std::uint64_t number, std::size_t index);

private:
  [[nodiscard]] bool has_room();
  void take(task_spec task, outbox_book::batch& into, wire::Accepted& outcome);
  void give_up(const status& how);
  void serve_if_ready();
  void request_flush();
  void shorten_if_due();
  void refused(std::uint64_t number, std::size_t index, const failure& why);
  void came_to_end(std::uint64_t number);
  void tell_gateway();

  caf::event_based_actor* self_;
  const outbox_options options_;
  caf::actor keeper_;
  caf::actor gateway_;
  caf::actor client_; // That delivers; from the moment the outbox serves.
  outbox_book book_;
  bool is_recovered_ = false;
  bool is_serving_ = false;
  std::optional<open_queues> told_; // Before it served.

  // The journal.
  std::uint64_t epoch_ = 0;
  std::uint64_t head_ = 1;
  std::uint64_t begin_ = 1; // Of what the journal still has.
  std::size_t journal_bytes_ = 0;
  bool is_under_way_ = false;
  bool is_flush_on_its_way_ = false;
  bool is_shortening_ = false;
  bool has_room_ = true;
  bool is_full_ = false; // The log knows.
  append_batch refused_; // Waits for room.
  std::vector<std::function<void()>> acts_;
  std::vector<std::function<void()>> acts_under_way_;

  std::uint64_t handed_over_ = 0;                // The number of the last batch that was.
  std::map<std::uint64_t, std::size_t> missing_; // Tasks under way, by batch.
  std::size_t under_way_ = 0;                    // Tasks.
  /// An actor that quits drops its state, and yet hears the answers to what it has asked.
  std::shared_ptr<const bool> life_ = std::make_shared<const bool>(true);
};

} // namespace belfry
