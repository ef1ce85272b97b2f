#include "os/postgres/postgres_membership.hpp"

#include "os/postgres/postgres_client.hpp"
#include "os/postgres/postgres_schema.hpp"

#include <utility>

namespace belfry {

namespace {

/// $1 member, $2 name, $3 machine, $4 host, $5 port, $6 weight, $7 settings.
constexpr postgres_statement join_cluster{
    "join_cluster",
    "WITH gone AS (DELETE FROM {schema}.belfry_node WHERE machine = $3::bytea AND host = $4::bytea"
    " AND port = $5::bigint AND node <> $1::bigint RETURNING node),"
    " freed AS (UPDATE {schema}.belfry_shard AS s SET owner = 0 FROM gone"
    " WHERE s.owner = gone.node)"
    " INSERT INTO {schema}.belfry_node"
    " (node, name, machine, host, port, weight, settings, draining, heartbeats)"
    " SELECT $1::bigint, $2::bytea, $3::bytea, $4::bytea, $5::bigint, $6::bigint, $7::bytea, 0, 1"
    " WHERE {is_own_session}"
    " ON CONFLICT (node) DO UPDATE SET heartbeats = belfry_node.heartbeats + 1"};

/// $1 member. Returns a row if the node is still a member.
constexpr postgres_statement record_heartbeat{
    "record_heartbeat", "UPDATE {schema}.belfry_node SET heartbeats = heartbeats + 1"
                        " WHERE node = $1::bigint AND {is_own_session} RETURNING heartbeats"};

/// Read first: the view includes everything that was committed before.
constexpr postgres_statement read_clock{
    "read_clock", "SELECT (extract(epoch FROM transaction_timestamp()) * 1000)::bigint"};

/// Read before the members: an owner that is not among them has left, and is not one that just
/// joined.
constexpr postgres_statement read_assignments{
    "read_assignments", "SELECT shard, owner, epoch FROM {schema}.belfry_shard ORDER BY shard"};

constexpr postgres_statement read_members{
    "read_members", "SELECT node, name, machine, host, port, weight, settings, draining, heartbeats"
                    " FROM {schema}.belfry_node ORDER BY node"};

/// $1 member, $2 shards, $3 their owners as read. Returns the shards that were claimed.
constexpr postgres_statement claim_shards{
    "claim_shards", "UPDATE {schema}.belfry_shard AS s SET owner = $1::bigint"
                    " FROM unnest($2::bigint[], $3::bigint[]) AS wanted (shard, owner)"
                    " WHERE s.shard = wanted.shard AND s.owner = wanted.owner"
                    " AND {is_own_session}"
                    " AND EXISTS (SELECT 1 FROM {schema}.belfry_node WHERE node = $1::bigint)"
                    " RETURNING s.shard"};

/// $1 member, $2 shards.
constexpr postgres_statement release_shards{
    "release_shards", "UPDATE {schema}.belfry_shard SET owner = 0 WHERE owner = $1::bigint"
                      " AND shard = ANY ($2::bigint[]) AND {is_own_session}"};

/// $1 member, $2 heartbeats.
constexpr postgres_statement evict_member{
    "evict_member",
    "DELETE FROM {schema}.belfry_node WHERE node = $1::bigint AND heartbeats = $2::bigint"
    " AND {is_own_session}"};

/// $1 member.
constexpr postgres_statement leave_cluster{
    "leave_cluster",
    "WITH freed AS (UPDATE {schema}.belfry_shard SET owner = 0 WHERE owner = $1::bigint)"
    " DELETE FROM {schema}.belfry_node WHERE node = $1::bigint AND {is_own_session}"};

/// $1 name, $2 1 or 0. Returns a row for each node of that name.
constexpr postgres_statement drain_nodes{
    "drain_nodes", "UPDATE {schema}.belfry_node SET draining = $2::bigint WHERE name = $1::bytea"
                   " AND {is_own_session} RETURNING node"};

postgres_parameters with(member_id member) {
  return std::move(postgres_parameters{}.number(member.value));
}

member member_in(const postgres_rows& rows, std::size_t row) {
  member read;
  read.id = {rows.number(row, 0)};
  read.name = rows.bytes(row, 1);
  read.machine = rows.bytes(row, 2);
  read.host = rows.bytes(row, 3);
  read.port = static_cast<std::uint16_t>(rows.number(row, 4));
  read.weight = static_cast<std::uint32_t>(rows.number(row, 5));
  read.settings = rows.bytes(row, 6);
  read.is_draining = rows.number(row, 7) != 0;
  read.heartbeats = rows.number(row, 8);
  return read;
}

class postgres_membership : public membership {
public:
  postgres_membership(postgres_target target, std::unique_ptr<postgres_connection> session,
                      std::uint16_t shard_count)
      : client_(std::move(target), std::move(session), shard_count) {}

  storage_status join(const member& self) override {
    postgres_parameters all = with(self.id);
    all.bytes(self.name).bytes(self.machine).bytes(self.host).number(self.port);
    all.number(self.weight).bytes(self.settings);
    postgres_rows rows;
    return client_.execute(join_cluster, all, rows);
  }

  storage_status heartbeat(member_id self, bool& is_member) override {
    postgres_rows rows;
    auto status = client_.execute(record_heartbeat, with(self), rows);
    is_member = rows.size() > 0;
    return status;
  }

  storage_status read_view(cluster_view& view) override {
    postgres_rows clock, assignments, members;
    auto status = client_.query(read_clock, {}, clock);
    if (status.ok())
      status = client_.query(read_assignments, {}, assignments);
    if (status.ok())
      status = client_.query(read_members, {}, members);
    if (!status.ok())
      return status;
    view = {};
    view.now = instant_of_ms(static_cast<std::int64_t>(clock.number(0, 0)));
    for (std::size_t row = 0; row < assignments.size(); ++row)
      view.assignments.push_back({{static_cast<std::uint16_t>(assignments.number(row, 0))},
                                  {assignments.number(row, 1)},
                                  assignments.number(row, 2)});
    for (std::size_t row = 0; row < members.size(); ++row)
      view.members.push_back(member_in(members, row));
    return {};
  }

  storage_status claim(member_id self, std::span<const shard_assignment> assignments,
                       std::vector<shard_id>& claimed) override {
    auto shards = postgres_array::of_numbers(), owners = shards;
    for (const auto& assignment : assignments) {
      shards.add(assignment.shard.value);
      owners.add(assignment.owner.value);
    }
    postgres_rows rows;
    auto status = client_.execute(
        claim_shards, with(self).array(std::move(shards)).array(std::move(owners)), rows);
    for (std::size_t row = 0; row < rows.size(); ++row)
      claimed.push_back({static_cast<std::uint16_t>(rows.number(row, 0))});
    return status;
  }

  storage_status release(member_id self, std::span<const shard_id> shards) override {
    auto numbers = postgres_array::of_numbers();
    for (const auto shard : shards)
      numbers.add(shard.value);
    postgres_rows rows;
    return client_.execute(release_shards, with(self).array(std::move(numbers)), rows);
  }

  storage_status evict(member_id dead, std::uint64_t heartbeats) override {
    postgres_rows rows;
    return client_.execute(evict_member, with(dead).number(heartbeats), rows);
  }

  storage_status leave(member_id self) override {
    postgres_rows rows;
    return client_.execute(leave_cluster, with(self), rows);
  }

  storage_status set_draining(const std::string& name, bool is_draining,
                              std::size_t& found) override {
    postgres_rows rows;
    auto status = client_.execute(
        drain_nodes, postgres_parameters{}.bytes(name).number(is_draining ? 1 : 0), rows);
    found = rows.size();
    return status;
  }

private:
  postgres_client client_;
};

} // namespace

result<std::shared_ptr<membership>> open_postgres_membership(const postgres_target& target) {
  auto session = open_postgres_session(target);
  if (!session)
    return session.error();
  const auto schema = read_postgres_schema(**session, target.cluster);
  if (!schema)
    return schema.error();
  if (schema->version != postgres_schema_version)
    return failure{errc::wrong_state, (*session)->name() + ": there are no tables of cluster '" +
                                          target.cluster + "' yet, or older ones"};
  return std::shared_ptr<membership>(
      std::make_shared<postgres_membership>(target, std::move(*session), schema->shard_count));
}

} // namespace belfry
