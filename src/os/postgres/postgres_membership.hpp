#pragma once

#include "journal/membership.hpp"
#include "os/postgres/postgres_session.hpp"

#include <memory>

namespace belfry {

/// Opens the membership of a cluster in its database: the tables `belfry_node` and `belfry_shard`
/// (its column `owner`). It has its own connection.
///
/// Each change is one statement and one transaction; the clock is the server's. The next call
/// replaces a lost connection. Failures are those described at `open_postgres_journal`.
///
/// The failure is `wrong_state` if there are no tables, or those of a newer belfry; `unavailable`
/// or `storage` as for the journal. Requires: the journal has been opened before, which creates
/// the tables.
[[nodiscard]] result<std::shared_ptr<membership>>
open_postgres_membership(const postgres_target& target);

} // namespace belfry
