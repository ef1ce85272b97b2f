#include "os/postgres/postgres_append_statement.hpp"

#include <catch2/catch.hpp>

namespace belfry {

namespace {

constexpr shard_id left_shard{1};
constexpr shard_id right_shard{2};

append_batch batch_of(shard_id shard, std::uint64_t first, std::uint32_t count,
                      std::uint64_t epoch = 1) {
  return {shard, epoch, first, count, std::string("bytes")};
}

} // namespace

TEST_CASE("consecutive batches of a shard are one chain", "[postgres]") {
  postgres_append_statement statement;

  CHECK(statement.add(batch_of(left_shard, 1, 2), 0));
  CHECK(statement.add(batch_of(right_shard, 9, 1), 1));
  CHECK(statement.add(batch_of(left_shard, 3, 1), 2));

  const auto& chain = statement.chains().at(left_shard);
  CHECK(chain.head == 1);
  CHECK(chain.next_head == 4);
  CHECK(chain.batch_indexes == std::vector<std::size_t>{0, 2});
  CHECK(statement.chains().at(right_shard).batch_indexes == std::vector<std::size_t>{1});
}

TEST_CASE(
    "a batch that does not continue its shard's chain waits, with all later ones of the shard",
    "[postgres]") {
  postgres_append_statement statement;
  REQUIRE(statement.add(batch_of(left_shard, 1, 2), 0));

  CHECK_FALSE(statement.add(batch_of(left_shard, 7, 1), 1));
  CHECK_FALSE(statement.add(batch_of(left_shard, 3, 1), 2));
  CHECK(statement.add(batch_of(right_shard, 1, 1), 3));
}

TEST_CASE("a batch of another epoch waits", "[postgres]") {
  postgres_append_statement statement;
  REQUIRE(statement.add(batch_of(left_shard, 1, 1, 1), 0));

  CHECK_FALSE(statement.add(batch_of(left_shard, 2, 1, 2), 1));
}

TEST_CASE("a statement takes one batch of any size, but no more when it is large", "[postgres]") {
  postgres_append_statement statement;
  auto large = batch_of(left_shard, 1, 1);
  large.bytes.assign(70 << 20, 'e');

  CHECK(statement.add(large, 0));
  CHECK_FALSE(statement.add(batch_of(right_shard, 1, 1), 1));
}

} // namespace belfry
