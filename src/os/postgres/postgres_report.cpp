#include "os/postgres/postgres_report.hpp"

#include "os/postgres/postgres_schema.hpp"

namespace belfry {

namespace {

constexpr postgres_statement describe_server{"describe_server",
                                             "SELECT current_setting('server_version'),"
                                             " current_setting('synchronous_commit'),"
                                             " (SELECT count(*) FROM pg_stat_replication"
                                             " WHERE sync_state IN ('sync', 'quorum'))"};

constexpr postgres_statement describe_shards{
    "describe_shards",
    "SELECT s.shard, s.epoch, s.head, s.snapshot,"
    " (SELECT coalesce(sum(octet_length(j.bytes)), 0)::bigint FROM {schema}.belfry_journal AS j"
    " WHERE j.shard = s.shard),"
    " (SELECT coalesce(sum(octet_length(o.bytes)), 0)::bigint FROM {schema}.belfry_object AS o"
    " WHERE o.shard = s.shard) FROM {schema}.belfry_shard AS s WHERE s.epoch > 0"
    " ORDER BY s.shard"};

} // namespace

result<postgres_report> read_postgres_report(const postgres_target& target) {
  auto session = open_postgres_session(target);
  if (!session)
    return session.error();
  if (auto own = check_own_session(**session, target); !own)
    return own.error();
  const auto server = (*session)->run(describe_server);
  if (!server.ok())
    return postgres_failure(**session, *server.error);
  const auto schema = read_postgres_schema(**session, target.cluster);
  if (!schema)
    return schema.error();
  postgres_report report;
  report.database = (*session)->name();
  report.server_version = server.rows.bytes(0, 0);
  report.synchronous_commit = server.rows.bytes(0, 1);
  report.synchronous_standbys = server.rows.number(0, 2);
  report.schema_version = schema->version;
  report.shard_count = schema->shard_count;
  if (schema->version == 0)
    return report;
  const auto shards = (*session)->run(describe_shards);
  if (!shards.ok())
    return postgres_failure(**session, *shards.error);
  for (std::size_t row = 0; row < shards.rows.size(); ++row) {
    const auto number = [&](int column) { return shards.rows.number(row, column); };
    report.rows.push_back({.shard = number(0),
                           .epoch = number(1),
                           .head = number(2),
                           .snapshot = number(3),
                           .journal_bytes = number(4),
                           .object_bytes = number(5)});
  }
  return report;
}

} // namespace belfry
