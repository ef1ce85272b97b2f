#include "os/postgres/postgres_journal.hpp"

#include "os/postgres/postgres_engine.hpp"
#include "os/postgres/postgres_schema.hpp"

namespace belfry {

namespace {

constexpr std::uint16_t shards_of_new_cluster = 16;

} // namespace

result<std::shared_ptr<journal>> open_postgres_journal(const postgres_journal_options& options) {
  auto session = open_postgres_session(options.place);
  if (!session)
    return session.error();
  const auto shards = settle_postgres_schema(**session, options.place.cluster, options.shards);
  if (!shards)
    return shards.error();
  return std::shared_ptr<journal>(std::make_shared<postgres_engine>(
      options.place, std::move(*session), *shards, options.owner));
}

result<std::uint16_t> shards_of_cluster(const postgres_place& place) {
  auto session = open_postgres_session(place);
  if (!session)
    return session.error();
  const auto schema = read_postgres_schema(**session, place.cluster);
  if (!schema)
    return schema.error();
  return schema->version == 0 ? shards_of_new_cluster : schema->shards;
}

} // namespace belfry
