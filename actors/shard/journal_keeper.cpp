#include "shard/journal_keeper.hpp"

#include "base/actor_basics.hpp"
#include "base/local_messages.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>
#include <utility>

namespace belfry {

namespace {

constexpr std::size_t stretch_bytes_max = 4 << 20;

class keeper_state {
public:
  keeper_state(caf::event_based_actor* self, std::shared_ptr<journal> store)
      : self_(self), store_(std::move(store)) {}

  void add(write_batch& request) {
    if (batches_.empty())
      self_->send(self_, flush_atom::value);
    batches_.push_back(std::move(request.batch));
    waiting_.push_back({sender(), request.level});
  }

  /// Writes all that has gathered. What asks for no more is answered; the rest waits for a sync,
  /// which goes behind what is in the mailbox by now.
  void flush() {
    auto results = store_->write(batches_);
    const auto has_room = store_->has_room();
    for (std::size_t i = 0; i < waiting_.size(); ++i) {
      if (results[i].code == outcome_code::no_space)
        self_->send(waiting_[i].shard, batch_written{results[i], false, std::move(batches_[i])});
      else if (results[i].code == outcome_code::unavailable)
        self_->send(waiting_[i].shard, batch_written{results[i], has_room, std::move(batches_[i])});
      else if (!results[i].ok() || waiting_[i].level == durability::relaxed)
        self_->send(waiting_[i].shard, batch_written{results[i], has_room, {}});
      else
        unsynced_.push_back(waiting_[i].shard);
      watch(results[i]);
    }
    batches_.clear();
    waiting_.clear();
    if (!unsynced_.empty())
      self_->send(self_, sync_atom::value);
  }

  void sync() {
    if (unsynced_.empty())
      return;
    const auto how = store_->sync();
    const auto has_room = store_->has_room();
    for (const auto& shard : std::exchange(unsynced_, {}))
      self_->send(shard, batch_written{how, has_room, {}});
    watch(how);
  }

  void acquire(shard_id shard) {
    shard_acquired answer;
    answer.how = store_->acquire(shard, answer.now);
    self_->send(sender(), answer);
    watch(answer.how);
  }

  void read(const read_journal& request) {
    journal_stretch stretch;
    stretch.next = request.from;
    stretch.is_end = true;
    std::size_t bytes = 0;
    stretch.how = store_->read(request.shard, request.from, [&](const record& one) {
      if (bytes > stretch_bytes_max) {
        stretch.is_end = false;
        return false;
      }
      bytes += one.bytes.size();
      stretch.batches.emplace_back(one.bytes);
      stretch.next = one.first + one.count;
      return true;
    });
    watch(stretch.how);
    self_->send(sender(), std::move(stretch));
  }

  void put(const put_objects& request) {
    const auto how = store_->put(request.shard, request.epoch, request.objects);
    self_->send(sender(), objects_put{how});
    watch(how);
  }

  void commit(const commit_snapshot& request) {
    const auto how =
        store_->commit_snapshot(request.shard, request.epoch, request.upto, request.keys);
    self_->send(sender(), snapshot_committed{how});
    watch(how);
  }

  void read(const read_snapshot& request) {
    snapshot_parts parts;
    parts.how = read_parts(request, parts);
    watch(parts.how);
    self_->send(sender(), std::move(parts));
  }

  void check_room() { self_->send(sender(), room_checked{store_->has_room()}); }

private:
  struct waiting_shard {
    caf::actor shard;
    durability level;
  };

  [[nodiscard]] caf::actor sender() const {
    return caf::actor_cast<caf::actor>(self_->current_sender());
  }

  /// After an `io_error` only opening the journal anew tells what the disk holds.
  void watch(const status& how) {
    if (how.code == outcome_code::unavailable && !std::exchange(is_away_, true))
      spdlog::warn("journal.away why=\"{}\"", how.text);
    else if (how.ok() && std::exchange(is_away_, false))
      spdlog::warn("journal.back");
    if (how.code != outcome_code::io_error)
      return;
    spdlog::error("journal.failed why=\"{}\"", how.text);
    self_->quit(quit_reason({errc::storage, how.text}));
  }

  [[nodiscard]] status read_parts(const read_snapshot& request, snapshot_parts& parts) {
    auto& keys = listed_[request.shard];
    if (auto how = store_->snapshot_position(request.shard, parts.upto); !how.ok())
      return how;
    if (request.after.empty()) {
      if (auto how = store_->list(request.shard, "", keys); !how.ok())
        return how;
    }
    auto next = std::upper_bound(keys.begin(), keys.end(), request.after);
    for (std::size_t bytes = 0; next != keys.end() && bytes < stretch_bytes_max; ++next) {
      object part{*next, {}};
      if (auto how = store_->get(request.shard, *next, part.bytes); !how.ok())
        return how;
      bytes += part.bytes.size();
      parts.objects.push_back(std::move(part));
    }
    parts.is_end = next == keys.end();
    if (parts.is_end)
      listed_.erase(request.shard);
    return {};
  }

  caf::event_based_actor* self_;
  std::shared_ptr<journal> store_;
  std::vector<append_batch> batches_;  // Gathered, not yet written.
  std::vector<waiting_shard> waiting_; // Whose they are, in the same order.
  std::vector<caf::actor> unsynced_;   // Written, to be answered after the next sync.
  std::map<shard_id, std::vector<std::string>> listed_; // Keys of snapshots being read.
  bool is_away_ = false;                                // The storage, by what it answered last.
};

} // namespace

caf::behavior journal_keeper(caf::event_based_actor* self, journal_opener open) {
  guard(self);
  auto store = open();
  if (!store) {
    spdlog::error("journal.not_opened why=\"{}\"", store.error().what);
    self->quit(quit_reason(store.error()));
    return {};
  }
  auto state = std::make_shared<keeper_state>(self, std::move(*store));
  return {
      [state](write_batch& request) { state->add(request); },
      [state](flush_atom) { state->flush(); },
      [state](sync_atom) { state->sync(); },
      [state](const put_objects& request) { state->put(request); },
      [state](const commit_snapshot& request) { state->commit(request); },
      [state](check_room) { state->check_room(); },
      [state](const acquire_shard& request) { state->acquire(request.shard); },
      [state](const read_snapshot& request) { state->read(request); },
      [state](const read_journal& request) { state->read(request); },
      [](const child_started&) {},
  };
}

} // namespace belfry
