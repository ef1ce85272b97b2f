#include "scenario/scenario.hpp"

#include <catch2/catch.hpp>

using namespace belfry::sim;
using namespace std::chrono_literals;

namespace {

/// Plays a few seeds and expects every promise to be kept, with enough going on to mean something.
void play(const std::string& name, std::uint64_t first, std::uint64_t count) {
  run_counts sum;
  for (auto seed = first; seed < first + count; ++seed) {
    scenario_options options;
    options.seed = seed;
    options.name = name;
    options.length = 40s;
    const auto report = run_scenario(options);
    INFO("scenario " << name << ", seed " << seed);
    CHECK(report.violations == std::vector<std::string>{});
    sum.accepted += report.counts.accepted;
    sum.started += report.counts.started;
    sum.faults += report.counts.faults;
  }
  const bool is_all_scheduled = name == "cron";
  CHECK((sum.accepted > 50 * count || is_all_scheduled));
  CHECK(sum.started > (is_all_scheduled ? 10 : 50) * count);
  CHECK((sum.faults > count || name == "calm" || name == "spike"));
}

} // namespace

/// A line for each seed that found a bug, named for what was wrong then.
TEST_CASE("seeds that found bugs find none", "[scenario]") {
  struct regression {
    const char* found;
    const char* name;
    std::uint64_t seed;
  };
  constexpr regression all[] = {
      {"a grant that found its worker gone was a crash", "swarm", 192},
      {"a grant that waited for the disk beyond its lease was a crash", "swarm", 320},
      {"a batch that was known took room for ever", "swarm", 943},
      {"an interrupted run of a schedule was due when it was interrupted", "swarm", 301454},
      {"a repeated batch was accepted again when the clock had been set forward", "swarm", 102015},
      {"a snapshot held a change that the journal behind it repeated", "actors", 278},
      {"a worker's credit was gone with a shard that left its node", "cluster", 100003},
      {"two maps of one moment sent a client to and fro without end", "cluster", 105196},
      {"what a worker said before its connection broke gave back what ran", "cluster", 110044},
      {"a worker that was stopped while it attached began what was another's", "cluster", 111618},
      {"a worker counted on a lease that its shard had not renewed", "cluster", 134571},
      {"a worker counted on beats that a silent connection kept back", "cluster", 140298},
  };
  for (const auto& one : all) {
    INFO(one.found);
    scenario_options options;
    options.seed = one.seed;
    options.name = one.name;
    CHECK(run_scenario(options).violations == std::vector<std::string>{});
  }
}

TEST_CASE("promises are kept when nothing breaks", "[scenario]") {
  play("calm", 1, 3);
}

TEST_CASE("promises are kept when processes and actors crash", "[scenario]") {
  play("crashes", 1, 5);
}

TEST_CASE("promises are kept when single actors end", "[scenario]") {
  play("actors", 1, 5);
}

TEST_CASE("promises are kept when connections break", "[scenario]") {
  play("network", 1, 5);
}

TEST_CASE("promises are kept when the disk fails", "[scenario]") {
  play("disk", 1, 5);
}

TEST_CASE("promises are kept when processes stop and go on, or are slow", "[scenario]") {
  play("freezes", 1, 5);
}

TEST_CASE("promises are kept when somebody sets the clock", "[scenario]") {
  play("clocks", 1, 5);
}

TEST_CASE("promises are kept when schedules run through crashes", "[scenario]") {
  play("cron", 1, 5);
}

TEST_CASE("promises are kept under bursts and storms", "[scenario]") {
  play("load", 1, 3);
}

TEST_CASE("promises are kept when ten times too much comes", "[scenario]") {
  play("spike", 1, 2);
}

TEST_CASE("promises are kept when shards move in peace", "[scenario]") {
  play("moves", 1, 4);
}

TEST_CASE("promises are kept when nodes of a cluster fail", "[scenario]") {
  play("cluster", 1, 8);
}

TEST_CASE("promises are kept when outboxes stand in for shards", "[scenario]") {
  play("outbox", 1, 4);
}

TEST_CASE("promises are kept whatever goes wrong together", "[scenario]") {
  play("swarm", 1, 10);
}
