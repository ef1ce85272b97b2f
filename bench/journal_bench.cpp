#include "os/postgres/postgres_journal.hpp"
#include "os/rocksdb/rocksdb_journal.hpp"

#include <benchmark/benchmark.h>

#include <filesystem>
#include <stdlib.h>
#include <unistd.h>

namespace belfry {

namespace {

constexpr std::size_t event_bytes = 250;
constexpr std::uint16_t shards = 8;

/// A directory of its own below the current one, and a RocksDB journal in it.
class embedded_journal {
public:
  embedded_journal() {
    auto name = (std::filesystem::current_path() / "journal_bench-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr)
      directory_ = name;
  }
  ~embedded_journal() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  [[nodiscard]] result<std::shared_ptr<journal>> open() const {
    return open_rocksdb_journal({.directory = directory_,
                                 .shards = shards,
                                 .log_line = {},
                                 .file_system = nullptr,
                                 .free_bytes = {}});
  }

private:
  std::string directory_;
};

/// A cluster of its own in the database that BELFRY_BENCH_POSTGRES names, as in
/// `BELFRY_BENCH_POSTGRES=$(scripts/postgres start DIR)`.
class shared_journal {
public:
  [[nodiscard]] static result<std::shared_ptr<journal>> open() {
    const auto* const uri = ::getenv("BELFRY_BENCH_POSTGRES");
    if (!uri)
      return failure{errc::invalid_argument, "BELFRY_BENCH_POSTGRES is not set"};
    static int count = 0;
    const auto cluster = "bench_" + std::to_string(::getpid()) + "_" + std::to_string(++count);
    return open_postgres_journal(
        {.target = {.uri = uri, .cluster = cluster, .log_line = {}}, .shards = shards});
  }
};

/// A journal with all shards taken.
class journal_under_load {
public:
  explicit journal_under_load(const result<std::shared_ptr<journal>>& opened) {
    if (!opened) {
      why_not_ = opened.error().what;
      return;
    }
    store_ = *opened;
    for (std::uint16_t i = 0; i < shards; ++i)
      if (const auto outcome = store_->acquire({i}, 0, owners_[i]); !outcome.ok())
        why_not_ = outcome.text;
  }

  /// Empty: it is ready.
  [[nodiscard]] const std::string& why_not() const { return why_not_; }

  /// One batch of `events` per shard, then one sync for all of them.
  bool commit(std::uint32_t events) {
    std::vector<append_batch> group;
    for (std::uint16_t i = 0; i < shards; ++i)
      group.push_back({.shard = {i},
                       .epoch = owners_[i].epoch,
                       .first = owners_[i].head,
                       .count = events,
                       .bytes = std::string(events * event_bytes, 'e')});
    for (const auto& outcome : store_->write(group))
      if (!outcome.ok())
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

  std::shared_ptr<journal> store_;
  shard_ownership owners_[shards];
  std::uint64_t commits_ = 0;
  std::string why_not_;
};

/// A group commit of all shards; the argument is the number of events in a batch.
template <class Place>
void append_and_sync(benchmark::State& state) {
  const auto events = static_cast<std::uint32_t>(state.range(0));
  const Place target;
  journal_under_load load(target.open());
  if (!load.why_not().empty())
    state.SkipWithError(load.why_not().c_str());
  while (state.KeepRunning())
    if (!load.commit(events))
      state.SkipWithError("a commit failed");
  state.SetItemsProcessed(state.iterations() * events * shards);
  state.SetBytesProcessed(state.iterations() * events * shards *
                          static_cast<std::int64_t>(event_bytes));
}
BENCHMARK_TEMPLATE(append_and_sync, embedded_journal)
    ->Arg(1)
    ->Arg(10)
    ->Arg(100)
    ->Arg(1000)
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_TEMPLATE(append_and_sync, shared_journal)
    ->Arg(1)
    ->Arg(10)
    ->Arg(100)
    ->Arg(1000)
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

} // namespace

} // namespace belfry
