#pragma once

#include "base/local_messages.hpp"
#include "journal/journal.hpp"

#include <caf/actor.hpp>
#include <caf/event_based_actor.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace belfry {

using retry_write_atom = caf::atom_constant<caf::atom("retrywrite")>;

/// Group commit: one batch is in flight to the journal keeper, and whatever happens meanwhile
/// gathers for the next batch. What other actors may learn of a batch waits until it is durable.
///
///     the owner calls               in flight        gathers
///     on_durable(a)                 -                a
///     request_flush(), write(...)   batch 1 with a   -
///     on_durable(b)                 batch 1 with a   b
///     settle(ok): runs a            -                b
///     write(...)                    batch 2 with b   -
///
/// A batch that the storage refuses (`no_space`, `unavailable`) is sent again unchanged until the
/// storage takes it, because its events are applied already: a storage that is unavailable is asked
/// every 200 ms; a full one after 200 ms, then after pauses that double up to 3 s, which bounds how
/// long space that has returned stays unused. After any other error the owner cannot know what the
/// journal holds: it must end, and recover.
///
/// Owned by one actor, which passes on its `flush_atom` (`begin_flush`), `batch_written` (`settle`)
/// and `retry_write_atom` (`retry`). The owner decides what a batch holds and how durable it is.
class batch_writer {
public:
  using durable_callback = std::function<void()>;

  /// Called when the event is not durable yet, and perhaps never: `is_lost` if `abandon` was
  /// called, which ends the waiting; otherwise the storage refuses the batch for now (see
  /// `refusal`), and the `durable_callback` still comes. At most once: a caller passes it on to
  /// a client, and clients count refusals.
  using unwritten_callback = std::function<void(bool is_lost)>;

  /// What an answer of the journal keeper means for the owner.
  enum class progress : std::uint8_t {
    waiting, ///< nothing was in flight, or the storage refused the batch: `retry` sends it again
    written, ///< the batch is as durable as was asked for, and its callbacks have run
    failed,  ///< the owner must end
  };

  batch_writer(caf::event_based_actor* self, shard_id shard) : self_(self), shard_(shard) {}

  /// Later batches go to `keeper`, the first of them to `ownership.head`.
  void open(caf::actor keeper, const shard_ownership& ownership);

  /// Runs `callback` when everything that has gathered so far is durable, and `on_unwritten`, if
  /// there is one, while it is not: at once, if the storage refuses writes already.
  void on_durable(durable_callback callback, unwritten_callback on_unwritten = {}) {
    gathering_.push_back({std::move(callback), std::move(on_unwritten)});
    if (refusal_)
      gathering_.back().tell_unwritten(false);
  }

  /// Sends the owner a `flush_atom`, unless one is on its way already or a batch is in flight: the
  /// owner flushes anyway when that batch is settled.
  void request_flush();

  /// The owner flushes now: the next `request_flush` sends again.
  void begin_flush() { is_flush_scheduled_ = false; }

  /// Sends `count` events as one batch, together with the callbacks that have gathered.
  ///
  /// Requires: no batch is in flight; `count` is at least 1.
  void write(std::uint32_t count, std::string bytes, durability level);

  /// Nothing was decided that has to be written: runs the callbacks that have gathered.
  ///
  /// Requires: no batch is in flight.
  void skip_write();

  /// The journal keeper's answer to the batch in flight.
  [[nodiscard]] progress settle(batch_written& answer);

  /// The owner fails: runs `on_unwritten` of the batch in flight, whose fate is unknown, and of
  /// what gathers.
  void abandon();

  /// Sends the refused batch again. The storage has been short of something: it syncs this one.
  void retry();

  [[nodiscard]] bool is_in_flight() const { return in_flight_count_ > 0; }
  /// How the storage refused the batch in flight, `no_space` or `unavailable`; nothing: it did not.
  [[nodiscard]] const std::optional<storage_status>& refusal() const { return refusal_; }
  /// Whether anybody waits for what gathers to be durable.
  [[nodiscard]] bool has_callbacks() const { return !gathering_.empty(); }
  /// The position of the batch in flight, or of the next one.
  [[nodiscard]] std::uint64_t head() const { return ownership_.head; }

  /// Whether the disk has space for new work, as far as the journal keeper has said.
  [[nodiscard]] bool has_space() const { return has_space_; }
  void set_has_space(bool has_space) { has_space_ = has_space; }

private:
  void note_refusal(const storage_status& outcome);
  [[nodiscard]] duration next_retry_pause(bool is_unavailable) const;

  struct waiting_caller {
    durable_callback on_durable;
    unwritten_callback on_unwritten; // Empty: there is none, or it was called.

    void tell_unwritten(bool is_lost) {
      if (const auto tell = std::exchange(on_unwritten, {}))
        tell(is_lost);
    }
  };

  caf::event_based_actor* self_;
  shard_id shard_;
  caf::actor keeper_;
  shard_ownership ownership_{.epoch = 0, .head = 1};
  std::vector<waiting_caller> gathering_;
  std::vector<waiting_caller> in_flight_;
  std::uint32_t in_flight_count_ = 0; // Events of the batch in flight; 0: none is.
  append_batch refused_;              // Until `retry`.
  std::optional<storage_status> refusal_;
  duration retry_pause_{0}; // After the latest refusal; 0: it was no refusal.
  bool is_flush_scheduled_ = false;
  bool has_space_ = true;
};

} // namespace belfry
