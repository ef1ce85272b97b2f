#pragma once

#include "os/postgres/postgres_connection.hpp"

#include <cstdint>
#include <string>

namespace belfry {

/// The version of the tables that this belfry makes and understands.
inline constexpr std::uint64_t postgres_schema_version = 2;

/// What the tables say of themselves.
struct postgres_schema {
  std::uint64_t version = 0; ///< 0: there are none yet
  std::uint16_t shards = 0;
};

/// Reads what the tables of `cluster` say of themselves.
[[nodiscard]] result<postgres_schema> read_postgres_schema(postgres_connection& session,
                                                           const std::string& cluster);

/// Makes the tables of `cluster`, or brings them up to date, in one transaction, and returns how
/// many shards they were made for. Nodes that do so at once wait for each other.
///
/// `shards` is how many shards new tables are for, and must be what is stored otherwise; 0 takes
/// what is stored. The failure is
/// - `invalid_argument`: another number is stored, or 0 was given and there are no tables yet;
/// - `wrong_state`: the tables are those of a newer belfry;
/// - `unavailable` or `storage`: the server cannot be reached, or refuses.
/// Nothing was changed then. The session may be within a transaction: close it.
///
/// Requires: `session` is one of `open_postgres_session`, and nothing runs on it.
[[nodiscard]] result<std::uint16_t> migrate_postgres_schema(postgres_connection& session,
                                                            const std::string& cluster,
                                                            std::uint16_t shards);

} // namespace belfry
