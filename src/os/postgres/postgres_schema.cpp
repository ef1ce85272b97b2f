#include "os/postgres/postgres_schema.hpp"

#include "os/postgres/postgres_session.hpp"

#include <vector>

namespace belfry {

namespace {

// What PostgreSQL says in its own way: how to lock a name that stands for nothing yet, and how
// tables are laid out. All other statements of belfry are meant to run on its relatives too.

constexpr postgres_statement lock_cluster{
    "lock_cluster",
    "SELECT pg_advisory_xact_lock(hashtext('belfry ' || convert_from($1::bytea, 'UTF8')))"};

/// `migrations[n]` leads from version n to version n + 1. Appended to, never changed.
///
/// A shard's row is written anew with each batch: most of its page stays free for that, so that no
/// index needs to change, and it is cleaned often. Batches and objects are not compressed: what
/// fills them is encoded already.
const std::vector<std::string>& migrations() {
  static const std::vector<std::string> table{
      "CREATE TABLE belfry_schema (version bigint NOT NULL, shards bigint NOT NULL);"
      "INSERT INTO belfry_schema VALUES (0, 0);"
      "CREATE TABLE belfry_shard (shard bigint PRIMARY KEY, epoch bigint NOT NULL,"
      " head bigint NOT NULL, snapshot bigint NOT NULL, snapshots bigint NOT NULL)"
      " WITH (fillfactor = 10, autovacuum_vacuum_scale_factor = 0,"
      " autovacuum_vacuum_threshold = 1000);"
      "CREATE TABLE belfry_journal (shard bigint, first bigint, count bigint NOT NULL,"
      " epoch bigint NOT NULL, bytes bytea NOT NULL, PRIMARY KEY (shard, first));"
      "ALTER TABLE belfry_journal ALTER COLUMN bytes SET STORAGE EXTERNAL;"
      "CREATE TABLE belfry_object (shard bigint, key bytea, after_snapshots bigint NOT NULL,"
      " bytes bytea NOT NULL, PRIMARY KEY (shard, key));"
      "ALTER TABLE belfry_object ALTER COLUMN bytes SET STORAGE EXTERNAL",
      "ALTER TABLE belfry_shard ADD COLUMN owner bigint NOT NULL DEFAULT 0;"
      "CREATE TABLE belfry_node (node bigint PRIMARY KEY, name bytea NOT NULL,"
      " machine bytea NOT NULL, host bytea NOT NULL, port bigint NOT NULL,"
      " weight bigint NOT NULL, settings bytea NOT NULL, draining bigint NOT NULL,"
      " heartbeats bigint NOT NULL) WITH (fillfactor = 10)"};
  return table;
}

constexpr postgres_statement find_schema{
    "find_schema", "SELECT 1 FROM information_schema.tables WHERE table_name = 'belfry_schema'"
                   " AND table_schema = convert_from($1::bytea, 'UTF8')"};

constexpr postgres_statement read_schema{"read_schema",
                                         "SELECT version, shards FROM belfry_schema"};

failure newer(const postgres_connection& session, const std::string& cluster,
              std::uint64_t version) {
  return {errc::wrong_state,
          session.name() + ": the tables of cluster '" + cluster + "' have version " +
              std::to_string(version) +
              " and were made by a newer belfry; this one knows versions up to " +
              std::to_string(postgres_schema_version)};
}

failure other_number(const postgres_connection& session, const std::string& cluster,
                     std::uint16_t stored, std::uint16_t wanted) {
  return {errc::invalid_argument, session.name() + ": cluster '" + cluster + "' was created for " +
                                      std::to_string(stored) + " shards, not for " +
                                      std::to_string(wanted) +
                                      "; the number cannot change: leave it out, or use another "
                                      "cluster"};
}

failure no_number(const postgres_connection& session, const std::string& cluster) {
  return {errc::invalid_argument, session.name() + ": there is no cluster '" + cluster +
                                      "' yet; say how many shards it shall have"};
}

result<done> run(postgres_connection& session, const std::string& sql) {
  if (const auto answer = session.run_script(sql); !answer.ok())
    return postgres_failure(session, *answer.error);
  return done{};
}

std::string steps_from(std::uint64_t version, const std::string& cluster, std::uint16_t shards) {
  std::string sql;
  if (version == 0)
    sql += "CREATE SCHEMA IF NOT EXISTS \"" + cluster + "\";";
  for (auto at = version; at < postgres_schema_version; ++at)
    sql += migrations().at(at) + ";";
  // Every shard has a row, for nodes to claim.
  return sql + "UPDATE belfry_schema SET version = " + std::to_string(postgres_schema_version) +
         ", shards = " + std::to_string(shards) +
         ";INSERT INTO belfry_shard (shard, epoch, head, snapshot, snapshots)"
         " SELECT g, 0, 1, 1, 0 FROM generate_series(0, " +
         std::to_string(shards - 1) + ") AS g ON CONFLICT (shard) DO NOTHING";
}

} // namespace

result<postgres_schema> read_postgres_schema(postgres_connection& session,
                                             const std::string& cluster) {
  const auto found = session.run(find_schema, postgres_parameters{}.bytes(cluster));
  if (!found.ok())
    return postgres_failure(session, *found.error);
  if (found.rows.size() == 0)
    return postgres_schema{};
  const auto held = session.run(read_schema);
  if (!held.ok())
    return postgres_failure(session, *held.error);
  if (held.rows.size() != 1)
    return failure{errc::corrupt, session.name() + ": belfry_schema must have one row, not " +
                                      std::to_string(held.rows.size())};
  const postgres_schema schema{.version = held.rows.number(0, 0),
                               .shards = static_cast<std::uint16_t>(held.rows.number(0, 1))};
  if (schema.version > postgres_schema_version)
    return newer(session, cluster, schema.version);
  return schema;
}

result<std::uint16_t> migrate_postgres_schema(postgres_connection& session,
                                              const std::string& cluster, std::uint16_t shards) {
  if (auto begun = run(session, "BEGIN"); !begun)
    return begun.error();
  const auto locked = session.run(lock_cluster, postgres_parameters{}.bytes(cluster));
  if (!locked.ok())
    return postgres_failure(session, *locked.error);
  const auto stored = read_postgres_schema(session, cluster);
  if (!stored)
    return stored.error();
  if (stored->version == 0 && shards == 0)
    return no_number(session, cluster);
  if (stored->version != 0 && shards != 0 && shards != stored->shards)
    return other_number(session, cluster, stored->shards, shards);
  const auto settled = stored->version == 0 ? shards : stored->shards;
  if (stored->version < postgres_schema_version)
    if (auto made = run(session, steps_from(stored->version, cluster, settled)); !made)
      return made.error();
  if (auto committed = run(session, "COMMIT"); !committed)
    return committed.error();
  return settled;
}

} // namespace belfry
