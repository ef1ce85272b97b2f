#include "dispatch/matcher.hpp"

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

using namespace belfry;

namespace {

constexpr std::uint16_t shards = 4;
constexpr std::size_t never_ends = 1'000'000'000;

/// A matcher with `queues` full queues and `workers` workers without credit.
struct busy_node {
  busy_node(std::int64_t queues, std::int64_t workers) {
    for (std::int64_t queue = 0; queue < queues; ++queue)
      lanes.push_back({"queue-" + std::to_string(queue), "exec", never_ends, 0, {}, 1});
    for (std::uint16_t shard = 0; shard < shards; ++shard)
      match.update(shard_id{shard}, lanes, true);
    for (std::int64_t worker = 1; worker <= workers; ++worker) {
      const session_id session{static_cast<std::uint64_t>(worker)};
      match.attach({session, {"exec", "http"}, {}, 64, 0}, true);
      for (std::uint16_t shard = 0; shard < shards; ++shard)
        match.admit(session, shard_id{shard});
      sessions.push_back(session);
    }
  }
  std::size_t hand_out() {
    std::size_t count = 0;
    for (const auto& grant : match.assign()) {
      match.record_granted(grant, grant.count);
      count += grant.count;
    }
    return count;
  }

  std::vector<lane_summary> lanes;
  std::vector<session_id> sessions;
  matcher match;
};

/// Workers free so many slots each at a time: the whole cost of a task in the matcher.
void matcher_hand_out(benchmark::State& state) {
  busy_node node{state.range(0), state.range(1)};
  std::size_t tasks = 0;
  for (auto _ : state) {
    for (const auto session : node.sessions)
      node.match.add_credit(session, static_cast<std::uint32_t>(state.range(2)));
    tasks += node.hand_out();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(tasks));
}

/// One slot of one worker becomes free while all others are busy.
void matcher_one_slot(benchmark::State& state) {
  busy_node node{state.range(0), state.range(1)};
  for (auto _ : state) {
    node.match.add_credit(node.sessions.back(), 1);
    benchmark::DoNotOptimize(node.hand_out());
  }
}

/// A shard tells that one of its lanes has changed while nobody has credit.
void matcher_lane_changes(benchmark::State& state) {
  busy_node node{state.range(0), state.range(1)};
  std::size_t next = 0;
  for (auto _ : state) {
    auto& lane = node.lanes[next++ % node.lanes.size()];
    lane.due += duration{1};
    node.match.update(shard_id{0}, {lane}, false);
    benchmark::DoNotOptimize(node.match.assign());
  }
}

void loads(benchmark::internal::Benchmark* benchmarked) {
  for (const auto queues : {1, 100, 10'000}) {
    for (const auto workers : {1, 100})
      benchmarked->Args({queues, workers});
  }
}

void batched_loads(benchmark::internal::Benchmark* benchmarked) {
  for (const auto queues : {1, 100, 10'000}) {
    for (const auto workers : {1, 100}) {
      for (const auto credit : {1, 100})
        benchmarked->Args({queues, workers, credit});
    }
  }
}

BENCHMARK(matcher_hand_out)->Apply(batched_loads);
BENCHMARK(matcher_one_slot)->Apply(loads);
BENCHMARK(matcher_lane_changes)->Apply(loads);

} // namespace
