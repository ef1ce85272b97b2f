#include "os/postgres/postgres_schema.hpp"

#include "os/postgres/postgres_session.hpp"

#include <vector>

namespace belfry {

namespace {

// The statements that are specific to PostgreSQL: locking a name before its tables exist, and the
// storage layout. All other statements are meant to run on compatible databases, too.

constexpr postgres_statement lock_cluster{
    "lock_cluster",
    "SELECT pg_advisory_xact_lock(hashtext('belfry ' || convert_from($1::bytea, 'UTF8')))"
    " WHERE {is_own_session}"};

/// `migrations[n]` migrates from version n to version n + 1. Appended to; the effect of each never
/// changes.
///
/// A shard's row is updated with each batch: a low fillfactor keeps most of its page free, so that
/// no index needs to change (HOT), and it is vacuumed often. Batches and objects are not
/// compressed: they are encoded already.
const std::vector<std::string>& migrations() {
  static const std::vector<std::string> table{
      "CREATE TABLE {schema}.belfry_schema (version bigint NOT NULL, shards bigint NOT NULL);"
      "INSERT INTO {schema}.belfry_schema VALUES (0, 0);"
      "CREATE TABLE {schema}.belfry_shard (shard bigint PRIMARY KEY, epoch bigint NOT NULL,"
      " head bigint NOT NULL, snapshot bigint NOT NULL, snapshots bigint NOT NULL)"
      " WITH (fillfactor = 10, autovacuum_vacuum_scale_factor = 0,"
      " autovacuum_vacuum_threshold = 1000);"
      "CREATE TABLE {schema}.belfry_journal (shard bigint, first bigint, count bigint NOT NULL,"
      " epoch bigint NOT NULL, bytes bytea NOT NULL, PRIMARY KEY (shard, first));"
      "ALTER TABLE {schema}.belfry_journal ALTER COLUMN bytes SET STORAGE EXTERNAL;"
      "CREATE TABLE {schema}.belfry_object (shard bigint, key bytea,"
      " after_snapshots bigint NOT NULL, bytes bytea NOT NULL, PRIMARY KEY (shard, key));"
      "ALTER TABLE {schema}.belfry_object ALTER COLUMN bytes SET STORAGE EXTERNAL",
      "ALTER TABLE {schema}.belfry_shard ADD COLUMN owner bigint NOT NULL DEFAULT 0;"
      "CREATE TABLE {schema}.belfry_node (node bigint PRIMARY KEY, name bytea NOT NULL,"
      " machine bytea NOT NULL, host bytea NOT NULL, port bigint NOT NULL,"
      " weight bigint NOT NULL, settings bytea NOT NULL, draining bigint NOT NULL,"
      " heartbeats bigint NOT NULL) WITH (fillfactor = 10)"};
  return table;
}

// The catalog shows everybody all tables; information_schema only those that the role may use.

constexpr postgres_statement find_schema{
    "find_schema",
    "SELECT 1 FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
    " WHERE c.relname = 'belfry_schema' AND n.nspname = convert_from($1::bytea, 'UTF8')"};

constexpr postgres_statement find_namespace{
    "find_namespace", "SELECT 1 FROM pg_namespace WHERE nspname = convert_from($1::bytea, 'UTF8')"};

constexpr postgres_statement read_schema{"read_schema",
                                         "SELECT version, shards FROM {schema}.belfry_schema"};

failure newer_version(const postgres_connection& session, const std::string& cluster,
                      std::uint64_t version) {
  return {errc::wrong_state,
          session.name() + ": the tables of cluster '" + cluster + "' have version " +
              std::to_string(version) +
              " and were made by a newer belfry; this one knows versions up to " +
              std::to_string(postgres_schema_version)};
}

failure shard_count_mismatch(const postgres_connection& session, const std::string& cluster,
                             std::uint16_t stored, std::uint16_t requested) {
  return {errc::invalid_argument, session.name() + ": cluster '" + cluster + "' was created for " +
                                      std::to_string(stored) + " shards, not for " +
                                      std::to_string(requested) +
                                      "; the number cannot change: leave it out, or use another "
                                      "cluster"};
}

failure missing_shard_count(const postgres_connection& session, const std::string& cluster) {
  return {errc::invalid_argument, session.name() + ": there is no cluster '" + cluster +
                                      "' yet; say how many shards it shall have"};
}

/// There are tables, though this role may not read them.
failure unreadable_schema(const postgres_connection& session, const std::string& cluster,
                          const postgres_error& error) {
  auto failed = postgres_failure(session, error);
  if (error.sqlstate == "42501")
    failed.what += "; cluster '" + cluster + "' has tables: grant the role USAGE on the schema \"" +
                   cluster + "\", and SELECT, INSERT, UPDATE and DELETE on all tables in it";
  return failed;
}

result<done> run(postgres_connection& session, const std::string& sql) {
  if (const auto answer = session.run_script(sql); !answer.ok())
    return postgres_failure(session, *answer.error);
  return done{};
}

/// A role may own a schema that was made for it, and have no right to make one.
result<done> create_namespace(postgres_connection& session, const std::string& cluster) {
  const auto found = session.run(find_namespace, postgres_parameters{}.bytes(cluster));
  if (!found.ok())
    return postgres_failure(session, *found.error);
  if (found.rows.size() > 0)
    return done{};
  return run(session, "CREATE SCHEMA IF NOT EXISTS {schema}");
}

std::string migration_from(std::uint64_t version, std::uint16_t shard_count) {
  std::string sql;
  for (auto step = version; step < postgres_schema_version; ++step)
    sql += migrations().at(step) + ";";
  // Every shard has a row, for nodes to claim.
  return sql +
         "UPDATE {schema}.belfry_schema SET version = " + std::to_string(postgres_schema_version) +
         ", shards = " + std::to_string(shard_count) +
         ";INSERT INTO {schema}.belfry_shard (shard, epoch, head, snapshot, snapshots)"
         " SELECT g, 0, 1, 1, 0 FROM generate_series(0, " +
         std::to_string(shard_count - 1) + ") AS g ON CONFLICT (shard) DO NOTHING";
}

} // namespace

result<postgres_schema> read_postgres_schema(postgres_connection& session,
                                             const std::string& cluster) {
  const auto found = session.run(find_schema, postgres_parameters{}.bytes(cluster));
  if (!found.ok())
    return postgres_failure(session, *found.error);
  if (found.rows.size() == 0)
    return postgres_schema{};
  const auto stored = session.run(read_schema);
  if (!stored.ok())
    return unreadable_schema(session, cluster, *stored.error);
  if (stored.rows.size() != 1)
    return failure{errc::corrupt, session.name() + ": belfry_schema must have one row, not " +
                                      std::to_string(stored.rows.size())};
  const postgres_schema schema{.version = stored.rows.number(0, 0),
                               .shard_count = static_cast<std::uint16_t>(stored.rows.number(0, 1))};
  if (schema.version > postgres_schema_version)
    return newer_version(session, cluster, schema.version);
  return schema;
}

result<std::uint16_t> migrate_postgres_schema(postgres_connection& session,
                                              const std::string& cluster,
                                              std::uint16_t shard_count) {
  if (auto begun = run(session, "BEGIN"); !begun)
    return begun.error();
  const auto locked = session.run(lock_cluster, postgres_parameters{}.bytes(cluster));
  if (!locked.ok())
    return postgres_failure(session, *locked.error);
  const auto stored = read_postgres_schema(session, cluster);
  if (!stored)
    return stored.error();
  if (stored->version == 0 && shard_count == 0)
    return missing_shard_count(session, cluster);
  if (stored->version != 0 && shard_count != 0 && shard_count != stored->shard_count)
    return shard_count_mismatch(session, cluster, stored->shard_count, shard_count);
  const auto resolved = stored->version == 0 ? shard_count : stored->shard_count;
  if (stored->version == 0)
    if (auto created = create_namespace(session, cluster); !created)
      return created.error();
  if (stored->version < postgres_schema_version)
    if (auto migrated = run(session, migration_from(stored->version, resolved)); !migrated)
      return migrated.error();
  if (auto committed = run(session, "COMMIT"); !committed)
    return committed.error();
  return resolved;
}

} // namespace belfry
