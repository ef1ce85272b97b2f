#pragma once

#include "os/postgres/postgres_session.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace belfry {

/// The state of a cluster's tables and of the server that keeps them.
struct postgres_report {
  struct shard_report {
    std::uint64_t shard = 0;
    std::uint64_t epoch = 0;
    std::uint64_t head = 1;
    std::uint64_t snapshot = 1;
    std::uint64_t journal_bytes = 0; ///< of the batches behind the snapshot
    std::uint64_t object_bytes = 0;  ///< of the snapshot's parts
  };

  std::string database; ///< and server, as text
  std::string server_version;
  std::string synchronous_commit;
  std::uint64_t synchronous_standbys = 0; ///< standbys that a commit waits for
  std::uint64_t schema_version = 0;       ///< 0: there are no tables of this cluster
  std::uint64_t shard_count = 0;
  std::vector<shard_report> rows; ///< of the shards that were ever acquired, in order
};

/// Reads the server's settings and the cluster's tables; changes nothing. Fails as
/// `open_postgres_session`, `check_own_session` and `read_postgres_schema` do.
[[nodiscard]] result<postgres_report> read_postgres_report(const postgres_target& target);

} // namespace belfry
