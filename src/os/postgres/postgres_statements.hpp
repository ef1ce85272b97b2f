#pragma once

#include "os/postgres/postgres_connection.hpp"

namespace belfry {

// The statements of the journal. Each that changes something checks that its owner still owns the
// shard, and locks the shard's row for that: without the lock a new owner could acquire the shard
// between the check and the change. It also checks that the session is its own: another one may
// commit without waiting for the disk.

/// $1 shard, $2 the least new epoch. Returns the new epoch and the head.
inline constexpr postgres_statement raise_epoch{
    "raise_epoch", "INSERT INTO {schema}.belfry_shard (shard, epoch, head, snapshot, snapshots)"
                   " SELECT $1::bigint, greatest(1, $2::bigint), 1, 1, 0 WHERE {is_own_session}"
                   " ON CONFLICT (shard) DO UPDATE"
                   " SET epoch = greatest(belfry_shard.epoch + 1, $2::bigint)"
                   " RETURNING epoch, head"};

/// $1 shard, $2 the least new epoch, $3 member. The same; no row if the shard is assigned to
/// another member.
inline constexpr postgres_statement raise_epoch_of_owner{
    "raise_epoch_of_owner",
    "UPDATE {schema}.belfry_shard SET epoch = greatest(epoch + 1, $2::bigint)"
    " WHERE shard = $1::bigint AND {is_own_session}"
    " AND owner = $3::bigint RETURNING epoch, head"};

/// Parameters: see `postgres_append_statement`. Returns the shards whose chains were appended.
inline constexpr postgres_statement append_chains{
    "append_chains",
    "WITH moved AS (UPDATE {schema}.belfry_shard AS s SET head = chain.next"
    " FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[])"
    " AS chain (shard, epoch, head, next)"
    " WHERE s.shard = chain.shard AND s.epoch = chain.epoch AND s.head = chain.head"
    " AND {is_own_session} RETURNING s.shard),"
    " written AS (INSERT INTO {schema}.belfry_journal (shard, first, count, epoch, bytes)"
    " SELECT batch.shard, batch.first, batch.count, batch.epoch, batch.bytes"
    " FROM unnest($5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bytea[])"
    " AS batch (shard, first, count, epoch, bytes) JOIN moved ON moved.shard = batch.shard)"
    " SELECT shard FROM moved"};

/// $1 shard. Returns epoch, head and snapshot; no row if the shard was never acquired.
inline constexpr postgres_statement select_shard{
    "select_shard",
    "SELECT epoch, head, snapshot FROM {schema}.belfry_shard WHERE shard = $1::bigint"};

/// $1 shard, $2 an event, $3 the head. Returns first and bytes of the batches from the one that
/// holds the event on, at most 1000 and, but for the last, less than 4 MiB.
inline constexpr postgres_statement read_batches{
    "read_batches",
    "SELECT first, bytes FROM (SELECT first, bytes,"
    " sum(octet_length(bytes)) OVER (ORDER BY first) - octet_length(bytes) AS bytes_before"
    " FROM (SELECT first, bytes FROM {schema}.belfry_journal WHERE shard = $1::bigint AND first >="
    " coalesce((SELECT max(first) FROM {schema}.belfry_journal WHERE shard = $1::bigint"
    " AND first <= $2::bigint), $2::bigint) AND first < $3::bigint ORDER BY first LIMIT 1000)"
    " AS page) AS measured WHERE bytes_before < 4194304 ORDER BY first"};

/// $1 shard, $2 epoch, $3 keys, $4 bytes. Returns a row for each object that was written: all, or
/// those that no snapshot lists, or none if the shard is not owned.
///
/// Committing a snapshot deletes all objects but its own: every older object is live.
inline constexpr postgres_statement put_objects{
    "put_objects", "WITH owned AS (SELECT shard, snapshots FROM {schema}.belfry_shard"
                   " WHERE shard = $1::bigint AND epoch = $2::bigint AND {is_own_session}"
                   " FOR UPDATE)"
                   " INSERT INTO {schema}.belfry_object (shard, key, after_snapshots, bytes)"
                   " SELECT owned.shard, one.key, owned.snapshots, one.bytes"
                   " FROM owned, unnest($3::bytea[], $4::bytea[]) AS one (key, bytes)"
                   " ON CONFLICT (shard, key) DO UPDATE SET bytes = excluded.bytes"
                   " WHERE belfry_object.after_snapshots = excluded.after_snapshots RETURNING 1"};

/// $1 shard, $2 a prefix. Returns the keys that begin with it, in order.
inline constexpr postgres_statement list_objects{
    "list_objects",
    "SELECT key FROM {schema}.belfry_object WHERE shard = $1::bigint AND key >= $2::bytea"
    " AND substr(key, 1, octet_length($2::bytea)) = $2::bytea ORDER BY key"};

/// $1 shard, $2 key. Returns the object's bytes.
inline constexpr postgres_statement get_object{
    "get_object",
    "SELECT bytes FROM {schema}.belfry_object WHERE shard = $1::bigint AND key = $2::bytea"};

/// $1 shard, $2 keys. Returns one of the keys that have no object, if there is one.
inline constexpr postgres_statement find_missing{
    "find_missing", "SELECT live.key FROM unnest($2::bytea[]) AS live (key) WHERE NOT EXISTS"
                    " (SELECT 1 FROM {schema}.belfry_object AS o WHERE o.shard = $1::bigint"
                    " AND o.key = live.key) LIMIT 1"};

/// $1 shard, $2 epoch, $3 position, $4 live keys. Returns a row if the snapshot was
/// committed: not if the shard is not owned, the position is out of bounds or a key is missing.
inline constexpr postgres_statement publish_snapshot{
    "publish_snapshot",
    "WITH live AS (SELECT key FROM unnest($4::bytea[]) AS live (key)),"
    " moved AS (UPDATE {schema}.belfry_shard SET snapshot = $3::bigint, snapshots = snapshots + 1"
    " WHERE shard = $1::bigint AND epoch = $2::bigint AND {is_own_session}"
    " AND head >= $3::bigint AND snapshot <= $3::bigint AND NOT EXISTS (SELECT 1 FROM live"
    " WHERE NOT EXISTS (SELECT 1 FROM {schema}.belfry_object AS o WHERE o.shard = $1::bigint"
    " AND o.key = live.key)) RETURNING shard),"
    " dropped AS (DELETE FROM {schema}.belfry_journal AS j USING moved WHERE j.shard = moved.shard"
    " AND j.first < $3::bigint AND j.first + j.count <= $3::bigint),"
    " gone AS (DELETE FROM {schema}.belfry_object AS o USING moved WHERE o.shard = moved.shard"
    " AND NOT EXISTS (SELECT 1 FROM live WHERE live.key = o.key))"
    " SELECT 1 FROM moved"};

} // namespace belfry
