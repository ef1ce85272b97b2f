#include "journal/memory_membership.hpp"

#include "journal/memory_journal.hpp"
#include "membership_conformance.hpp"

#include <catch2/catch.hpp>

using namespace belfry;

namespace {

struct memory_cluster {
  std::shared_ptr<membership> open() {
    return std::make_shared<memory_membership>(
        disk, memory_membership::options{.shards = 4,
                                         .now = [this] { return now += duration{1}; },
                                         .is_partitioned = [this] { return is_partitioned; }});
  }
  std::shared_ptr<journal> journal_of(member_id owner) {
    return std::make_shared<memory_journal>(
        disk, memory_journal::options{.owner = owner,
                                      .is_partitioned = [this] { return is_partitioned; }});
  }

  std::shared_ptr<memory_disk> disk = std::make_shared<memory_disk>();
  instant now{};
  bool is_partitioned = false;
};

} // namespace

#define MEMBERSHIP_ENGINE memory_cluster
#include "membership_conformance.ipp"

TEST_CASE("a partitioned member cannot reach the disk", "[membership]") {
  memory_cluster cluster;
  const auto store = cluster.open();
  const auto events = cluster.journal_of({});
  cluster.is_partitioned = true;
  cluster_view view;
  shard_ownership ownership;
  CHECK(store->read_view(view).code == storage_code::unavailable);
  CHECK(store->leave({1}).code == storage_code::unavailable);
  CHECK(events->acquire({0}, 0, ownership).code == storage_code::unavailable);
  cluster.is_partitioned = false;
  CHECK(store->read_view(view).ok());
}

TEST_CASE("members survive a power cut", "[membership]") {
  memory_cluster cluster;
  const auto store = cluster.open();
  REQUIRE(store->join(member_of(1)).ok());
  cluster.disk->crash(crash_mode::drop);
  cluster_view view;
  REQUIRE(store->read_view(view).ok());
  CHECK(view.members.size() == 1);
}
