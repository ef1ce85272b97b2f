#include "shard/journal_keeper.hpp"

#include "base/actor_basics.hpp"
#include "base/local_messages.hpp"
#include "belfry/actors/protocol.hpp"
#include "shard/storage_watch.hpp"

#include "metrics/recent_maximum.hpp"
#include "text/printable.hpp"
#include "wire/codec.hpp"
#include "wire/envelope.hpp"

#include <spdlog/spdlog.h>

#include <caf/actor_clock.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <utility>

namespace belfry {

namespace {

constexpr std::size_t chunk_bytes_max = 4 << 20;
constexpr duration storage_check_interval{1'000};

wire::Response backup_answer(const result<journal_copy>& copied, const copy_journal& request) {
  wire::Response answer;
  answer.set_correlation(request.correlation);
  if (!copied) {
    wire::write(copied.error(), *answer.mutable_failure());
    return answer;
  }
  auto& to = *answer.mutable_backup();
  to.set_taken_ms(to_ms(request.requested_at));
  to.set_bytes(copied->bytes);
  to.set_shards(copied->shards);
  return answer;
}

void log_copy(const result<journal_copy>& copied, const std::string& directory) {
  if (copied)
    spdlog::info("journal.copied directory={} bytes={} shards={}", log_value(directory),
                 copied->bytes, copied->shards);
  else
    spdlog::warn("journal.copy_failed reason={}", log_value(copied.error().what));
}

class journal_keeper_state {
public:
  journal_keeper_state(caf::event_based_actor* self, std::shared_ptr<journal> opened)
      : self_(self), journal_(std::move(opened)) {
    observe_space(journal_->has_space());
  }

  void on_child_started(const child_started& message) {
    if (message.name != "router")
      return;
    router_ = message.child;
    self_->send(router_, storage_updated{watch_.text()});
  }

  void add(write_batch& request) {
    if (batches_.empty())
      self_->send(self_, flush_atom::value);
    batches_.push_back(std::move(request.batch));
    waiting_.push_back({sender(), request.level});
  }

  /// Writes all batches that have gathered. Relaxed ones are answered now; durable ones wait for a
  /// sync, which comes after the messages that are in the mailbox by now.
  void flush() {
    const auto began = self_->clock().now();
    auto results = journal_->write(batches_);
    note_write(began);
    const auto has_space = journal_->has_space();
    for (std::size_t i = 0; i < waiting_.size(); ++i) {
      if (results[i].code == storage_code::no_space)
        self_->send(waiting_[i].shard, batch_written{results[i], false, std::move(batches_[i])});
      else if (results[i].code == storage_code::unavailable)
        self_->send(waiting_[i].shard,
                    batch_written{results[i], has_space, std::move(batches_[i])});
      else if (!results[i].ok() || waiting_[i].level == durability::relaxed)
        self_->send(waiting_[i].shard, batch_written{results[i], has_space, {}});
      else
        unsynced_.push_back(waiting_[i].shard);
      observe(call::write, results[i]);
    }
    observe_space(has_space);
    batches_.clear();
    waiting_.clear();
    if (!unsynced_.empty())
      self_->send(self_, sync_atom::value);
  }

  void sync() {
    if (unsynced_.empty())
      return;
    const auto began = self_->clock().now();
    const auto outcome = journal_->sync();
    note_sync(began);
    const auto has_space = journal_->has_space();
    for (const auto& shard : std::exchange(unsynced_, {}))
      self_->send(shard, batch_written{outcome, has_space, {}});
    observe(call::write, outcome);
    observe_space(has_space);
  }

  void acquire(const acquire_shard& request) {
    shard_acquired answer;
    answer.outcome = journal_->acquire(request.shard, request.epoch_min, answer.ownership);
    self_->send(sender(), answer);
    observe(call::write, answer.outcome);
  }

  void read(const read_journal& request) {
    journal_chunk chunk;
    chunk.next = request.start_position;
    chunk.is_end = true;
    std::size_t bytes = 0;
    chunk.outcome =
        journal_->read(request.shard, request.start_position, [&](const stored_batch& batch) {
          if (bytes > chunk_bytes_max) {
            chunk.is_end = false;
            return false;
          }
          bytes += batch.bytes.size();
          chunk.batches.emplace_back(batch.bytes);
          chunk.next = batch.first + batch.count;
          return true;
        });
    observe(call::read, chunk.outcome);
    self_->send(sender(), std::move(chunk));
  }

  void put(const put_objects& request) {
    const auto outcome = journal_->put(request.shard, request.epoch, request.objects);
    self_->send(sender(), objects_put{outcome});
    observe(call::write, outcome);
  }

  void commit(const commit_snapshot& request) {
    const auto outcome =
        journal_->commit_snapshot(request.shard, request.epoch, request.position, request.keys);
    self_->send(sender(), snapshot_committed{outcome});
    observe(call::write, outcome);
  }

  void read(const read_snapshot& request) {
    snapshot_chunk parts;
    parts.outcome = read_parts(request, parts);
    observe(call::read, parts.outcome);
    self_->send(sender(), std::move(parts));
  }

  /// A client that has got no answer asks again: it gets the same one, though the directory exists
  /// by then.
  void copy(const copy_journal& request) {
    const bool is_repeated = last_copy_ && last_copy_->client == request.client &&
                             last_copy_->correlation == request.correlation &&
                             last_copy_->directory == request.directory;
    if (!is_repeated) {
      const auto copied = journal_->copy_to(request.directory);
      log_copy(copied, request.directory);
      last_copy_ = copied ? std::optional{request} : std::nullopt;
      copy_answer_ = backup_answer(copied, request);
    }
    self_->send(request.client, response_atom::value, envelope{wire::seal(copy_answer_), 0});
  }

  void check_space() {
    const auto has_space = journal_->has_space();
    self_->send(sender(), space_checked{has_space});
    observe_space(has_space);
  }

  [[nodiscard]] journal_collected on_collect_metrics(const collect_metrics& request) {
    metrics_.trouble = watch_.text();
    metrics_.slowest_recent = slowest_.value(now());
    return {request.number, metrics_};
  }

  /// Not only when a shard asks: on an idle node nobody would notice the end of the trouble, or
  /// that the journal has failed because its directory is gone.
  void on_space_check_due() {
    is_space_check_scheduled_ = false;
    const auto has_space = journal_->has_space();
    if (const auto outcome = journal_->sync(); !outcome.ok())
      observe(call::write, outcome);
    observe_space(has_space);
    schedule_space_check();
  }

private:
  using call = storage_watch::call;

  struct waiting_shard {
    caf::actor shard;
    durability level;
  };

  using time_point = caf::actor_clock::time_point;

  [[nodiscard]] duration since(time_point began) const {
    return std::chrono::round<duration>(self_->clock().now() - began);
  }

  /// Of a clock that only runs forward.
  [[nodiscard]] instant now() const {
    return instant{std::chrono::round<duration>(self_->clock().now().time_since_epoch())};
  }

  void note_write(time_point began) {
    const auto span = since(began);
    slowest_.add(now(), span);
    metrics_.write_time.add(span);
    metrics_.batches += batches_.size();
    for (const auto& batch : batches_)
      metrics_.bytes += batch.bytes.size();
  }

  void note_sync(time_point began) {
    const auto span = since(began);
    slowest_.add(now(), span);
    metrics_.sync_time.add(span);
  }

  [[nodiscard]] caf::actor sender() const {
    return caf::actor_cast<caf::actor>(self_->current_sender());
  }

  /// After an `io_error` only opening the journal again tells what the disk holds.
  void observe(call kind, const storage_status& outcome) {
    if (outcome.code == storage_code::io_error)
      return fail_with(outcome);
    if (watch_.on_answer(kind, outcome))
      on_trouble_changed();
  }

  void observe_space(bool has_space) {
    if (!has_failed_ && watch_.on_space(has_space))
      on_trouble_changed();
  }

  /// Several answers may tell of one failure.
  void fail_with(const storage_status& outcome) {
    if (std::exchange(has_failed_, true))
      return;
    spdlog::error("journal.failed reason={}", log_value(outcome.text));
    self_->quit(quit_reason({errc::storage, outcome.text}));
  }

  void on_trouble_changed() {
    if (router_)
      self_->send(router_, storage_updated{watch_.text()});
    schedule_space_check();
  }

  void schedule_space_check() {
    if (!has_failed_ && watch_.is_short_of_space() &&
        !std::exchange(is_space_check_scheduled_, true))
      self_->delayed_send(self_, storage_check_interval, space_atom::value);
  }

  [[nodiscard]] storage_status read_parts(const read_snapshot& request, snapshot_chunk& parts) {
    auto& keys = listed_[request.shard];
    if (auto outcome = journal_->snapshot_position(request.shard, parts.position); !outcome.ok())
      return outcome;
    if (request.after.empty()) {
      if (auto outcome = journal_->list(request.shard, "", keys); !outcome.ok())
        return outcome;
    }
    auto next = std::upper_bound(keys.begin(), keys.end(), request.after);
    for (std::size_t bytes = 0; next != keys.end() && bytes < chunk_bytes_max; ++next) {
      object part{*next, {}};
      if (auto outcome = journal_->get(request.shard, *next, part.bytes); !outcome.ok())
        return outcome;
      bytes += part.bytes.size();
      parts.objects.push_back(std::move(part));
    }
    parts.is_end = next == keys.end();
    if (parts.is_end)
      listed_.erase(request.shard);
    return {};
  }

  caf::event_based_actor* self_;
  std::shared_ptr<journal> journal_;
  std::vector<append_batch> batches_;  // Gathered, not yet written.
  std::vector<waiting_shard> waiting_; // The shards of `batches_`, in the same order.
  std::vector<caf::actor> unsynced_;   // Shards whose batches are written and not yet synced.
  std::map<shard_id, std::vector<std::string>> listed_; // Keys of snapshots being read.
  std::optional<copy_journal> last_copy_;               // Nothing after one that failed.
  wire::Response copy_answer_;
  storage_watch watch_;
  journal_metrics metrics_; // Since this keeper started.
  recent_maximum slowest_{slow_write_memory};
  caf::actor router_; // Null until the keeper knows it.
  bool is_space_check_scheduled_ = false;
  bool has_failed_ = false;
};

} // namespace

caf::behavior journal_keeper(caf::event_based_actor* self, journal_opener open) {
  install_default_handlers(self);
  auto opened = open();
  if (!opened) {
    spdlog::error("journal.open_failed reason={}", log_value(opened.error().what));
    self->quit(quit_reason(opened.error()));
    return {};
  }
  auto state = std::make_shared<journal_keeper_state>(self, std::move(*opened));
  return {
      [state](write_batch& request) { state->add(request); },
      [state](flush_atom) { state->flush(); },
      [state](sync_atom) { state->sync(); },
      [state](const put_objects& request) { state->put(request); },
      [state](const commit_snapshot& request) { state->commit(request); },
      [state](const copy_journal& request) { state->copy(request); },
      [state](check_space) { state->check_space(); },
      [state](const acquire_shard& request) { state->acquire(request); },
      [state](const read_snapshot& request) { state->read(request); },
      [state](const read_journal& request) { state->read(request); },
      [state](const collect_metrics& request) { return state->on_collect_metrics(request); },
      [state](space_atom) { state->on_space_check_due(); },
      [state](const child_started& message) { state->on_child_started(message); },
  };
}

} // namespace belfry
