#include "journal_keeper.hpp"

#include "actor_basics.hpp"
#include "local_messages.hpp"

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
    waiting_.push_back({caf::actor_cast<caf::actor>(self_->current_sender()), request.level});
  }

  /// Writes all that has gathered. What asks for no more is answered; the rest waits for a sync,
  /// which goes behind what is in the mailbox by now.
  void flush() {
    const auto results = store_->write(batches_);
    for (std::size_t i = 0; i < waiting_.size(); ++i) {
      if (!results[i].ok() || waiting_[i].level == durability::relaxed)
        self_->send(waiting_[i].shard, batch_written{results[i]});
      else
        unsynced_.push_back(waiting_[i].shard);
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
    for (const auto& shard : unsynced_)
      self_->send(shard, batch_written{how});
    unsynced_.clear();
  }

  shard_acquired acquire(shard_id shard) {
    shard_acquired answer;
    answer.how = store_->acquire(shard, answer.now);
    return answer;
  }

  journal_stretch read(const read_journal& request) {
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
    return stretch;
  }

private:
  struct waiting_shard {
    caf::actor shard;
    durability level;
  };

  caf::event_based_actor* self_;
  std::shared_ptr<journal> store_;
  std::vector<append_batch> batches_;  // Gathered, not yet written.
  std::vector<waiting_shard> waiting_; // Whose they are, in the same order.
  std::vector<caf::actor> unsynced_;   // Written, to be answered after the next sync.
};

} // namespace

caf::behavior journal_keeper(caf::event_based_actor* self, std::shared_ptr<journal> store) {
  guard(self);
  auto state = std::make_shared<keeper_state>(self, std::move(store));
  return {
      [state](write_batch& request) { state->add(request); },
      [state](flush_atom) { state->flush(); },
      [state](sync_atom) { state->sync(); },
      [self, state](const acquire_shard& request) {
        self->send(caf::actor_cast<caf::actor>(self->current_sender()),
                   state->acquire(request.shard));
      },
      [self, state](const read_journal& request) {
        self->send(caf::actor_cast<caf::actor>(self->current_sender()), state->read(request));
      },
      [](const child_started&) {},
  };
}

} // namespace belfry
