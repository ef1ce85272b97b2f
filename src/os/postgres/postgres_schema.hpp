#pragma once

#include "os/postgres/postgres_connection.hpp"

#include <cstdint>
#include <string>

namespace belfry {

/// The version of the tables that this belfry makes and understands.
inline constexpr std::uint64_t postgres_schema_version = 2;

/// The version and the number of shards, as stored in the tables.
struct postgres_schema {
  std::uint64_t version = 0; ///< 0: there are no tables yet
  std::uint16_t shard_count = 0;
};

/// Reads the version and the number of shards of the tables of `cluster`. Tables that the role may
/// not read are a failure (`storage`, with the rights to grant), not the absence of tables.
[[nodiscard]] result<postgres_schema> read_postgres_schema(postgres_connection& session,
                                                           const std::string& cluster);

/// Creates or migrates the tables of `cluster` in one transaction, and returns their number of
/// shards. Nodes that do so at the same time wait for each other.
///
/// `shard_count` is the number of shards of new tables, and must be the stored number otherwise; 0
/// uses the stored number. The failure is
/// - `invalid_argument`: another number is stored, or 0 was given and there are no tables yet;
/// - `wrong_state`: the tables are those of a newer belfry;
/// - `unavailable` or `storage`: the server cannot be reached, or refuses, or the role lacks
/// rights. Nothing was changed then. The session may be within a transaction: close it.
///
/// Requires: `session` is one of `open_postgres_session`, and nothing runs on it.
[[nodiscard]] result<std::uint16_t> migrate_postgres_schema(postgres_connection& session,
                                                            const std::string& cluster,
                                                            std::uint16_t shard_count);

} // namespace belfry
