#include "os/postgres/postgres_journal.hpp"

#include "os/postgres/postgres_engine.hpp"
#include "os/postgres/postgres_schema.hpp"

namespace belfry {

namespace {

constexpr std::uint16_t default_shard_count = 16;

} // namespace

result<std::shared_ptr<journal>> open_postgres_journal(const postgres_journal_options& options) {
  auto session = open_postgres_session(options.target);
  if (!session)
    return session.error();
  const auto shard_count =
      migrate_postgres_schema(**session, options.target.cluster, options.shards);
  if (!shard_count)
    return shard_count.error();
  return std::shared_ptr<journal>(std::make_shared<postgres_engine>(
      options.target, std::move(*session), *shard_count, options.owner));
}

result<std::uint16_t> cluster_shard_count(const postgres_target& target) {
  auto session = open_postgres_session(target);
  if (!session)
    return session.error();
  if (auto own = check_own_session(**session, target); !own)
    return own.error();
  const auto schema = read_postgres_schema(**session, target.cluster);
  if (!schema)
    return schema.error();
  return schema->version == 0 ? default_shard_count : schema->shard_count;
}

} // namespace belfry
