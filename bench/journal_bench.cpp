#include "os/rocksdb_journal.hpp"

#include <benchmark/benchmark.h>

#include <filesystem>
#include <stdlib.h>

namespace belfry {

namespace {

constexpr std::size_t event_bytes = 250;
constexpr std::uint16_t shards = 8;

/// A journal in a new directory, all shards taken.
class journal_under_load {
public:
  journal_under_load() {
    auto name = (std::filesystem::current_path() / "journal_bench-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
      return;
    directory_ = name;
    auto opened = open_rocksdb_journal({.directory = directory_,
                                        .shards = shards,
                                        .tell = {},
                                        .file_system = nullptr,
                                        .free_bytes = {}});
    if (!opened)
      return;
    store_ = *opened;
    for (std::uint16_t i = 0; i < shards; ++i)
      is_ready_ = store_->acquire({i}, owners_[i]).ok();
  }
  ~journal_under_load() {
    store_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  [[nodiscard]] bool is_ready() const { return is_ready_; }

  /// One batch of `events` per shard, then one sync for all of them.
  bool commit(std::uint32_t events) {
    std::vector<append_batch> group;
    for (std::uint16_t i = 0; i < shards; ++i)
      group.push_back({.shard = {i},
                       .epoch = owners_[i].epoch,
                       .first = owners_[i].head,
                       .count = events,
                       .bytes = std::string(events * event_bytes, 'e')});
    for (const auto& how : store_->write(group))
      if (!how.ok())
        return false;
    for (auto& owner : owners_)
      owner.head += events;
    return store_->sync().ok() && drop_old();
  }

private:
  /// As shards do, so that the directory does not grow.
  bool drop_old() {
    const auto at = ++commits_ % 4096;
    if (at >= shards)
      return true;
    const auto& owner = owners_[at];
    return store_->commit_snapshot({static_cast<std::uint16_t>(at)}, owner.epoch, owner.head, {})
        .ok();
  }

  std::string directory_;
  std::shared_ptr<journal> store_;
  owned owners_[shards];
  std::uint64_t commits_ = 0;
  bool is_ready_ = false;
};

/// A group commit of all shards; the argument is the number of events in a batch.
void append_and_sync(benchmark::State& state) {
  const auto events = static_cast<std::uint32_t>(state.range(0));
  journal_under_load load;
  if (!load.is_ready())
    state.SkipWithError("cannot open a journal in the current directory");
  while (state.KeepRunning())
    if (!load.commit(events))
      state.SkipWithError("a commit failed");
  state.SetItemsProcessed(state.iterations() * events * shards);
  state.SetBytesProcessed(state.iterations() * events * shards *
                          static_cast<std::int64_t>(event_bytes));
}
BENCHMARK(append_and_sync)
    ->Arg(1)
    ->Arg(10)
    ->Arg(100)
    ->Arg(1000)
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

} // namespace

} // namespace belfry
