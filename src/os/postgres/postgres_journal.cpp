#include "os/postgres/postgres_journal.hpp"

#include "os/postgres/postgres_engine.hpp"
#include "os/postgres/postgres_schema.hpp"

namespace belfry {

namespace {

constexpr std::uint16_t default_shard_count = 16;

} // namespace

result<std::shared_ptr<journal>> open_postgres_journal(const postgres_journal_options& options) {
  auto session = open_postgres_session(options.place);
  if (!session)
    return session.error();
  const auto shards = migrate_postgres_schema(**session, options.place.cluster, options.shards);
  if (!shards)
    return shards.error();
  return std::shared_ptr<journal>(std::make_shared<postgres_engine>(
      options.place, std::move(*session), *shards, options.owner));
}

result<std::uint16_t> cluster_shard_count(const postgres_target& place) {
  auto session = open_postgres_session(place);
  if (!session)
    return session.error();
  const auto schema = read_postgres_schema(**session, place.cluster);
  if (!schema)
    return schema.error();
  return schema->version == 0 ? default_shard_count : schema->shards;
}

} // namespace belfry
