#include "os/postgres/postgres_membership.hpp"

#include "os/postgres/postgres_caller.hpp"
#include "os/postgres/postgres_schema.hpp"

#include <utility>

namespace belfry {

namespace {

/// $1 member, $2 name, $3 machine, $4 host, $5 port, $6 weight, $7 settings.
constexpr postgres_statement join_cluster{
    "join_cluster",
    "WITH gone AS (DELETE FROM belfry_node WHERE machine = $3::bytea AND host = $4::bytea"
    " AND port = $5::bigint AND node <> $1::bigint RETURNING node),"
    " freed AS (UPDATE belfry_shard AS s SET owner = 0 FROM gone WHERE s.owner = gone.node)"
    " INSERT INTO belfry_node (node, name, machine, host, port, weight, settings, draining, beats)"
    " VALUES ($1::bigint, $2::bytea, $3::bytea, $4::bytea, $5::bigint, $6::bigint, $7::bytea, 0, 1)"
    " ON CONFLICT (node) DO UPDATE SET beats = belfry_node.beats + 1"};

/// $1 member. Returns a row if it is one.
constexpr postgres_statement beat_once{
    "beat_once",
    "UPDATE belfry_node SET beats = beats + 1 WHERE node = $1::bigint RETURNING beats"};

/// Before anything else is read: the view holds all that was committed before.
constexpr postgres_statement read_clock{
    "read_clock", "SELECT (extract(epoch FROM transaction_timestamp()) * 1000)::bigint"};

/// Before the members: an owner that is not among them has left, and is not one that has just come.
constexpr postgres_statement read_seats{
    "read_seats", "SELECT shard, owner, epoch FROM belfry_shard ORDER BY shard"};

constexpr postgres_statement read_members{
    "read_members", "SELECT node, name, machine, host, port, weight, settings, draining, beats"
                    " FROM belfry_node ORDER BY node"};

/// $1 member, $2 shards, $3 their owners as seen. Returns the shards that it was given.
constexpr postgres_statement claim_seats{
    "claim_seats", "UPDATE belfry_shard AS s SET owner = $1::bigint"
                   " FROM unnest($2::bigint[], $3::bigint[]) AS wanted (shard, owner)"
                   " WHERE s.shard = wanted.shard AND s.owner = wanted.owner"
                   " AND EXISTS (SELECT 1 FROM belfry_node WHERE node = $1::bigint)"
                   " RETURNING s.shard"};

/// $1 member, $2 shards.
constexpr postgres_statement release_seats{
    "release_seats", "UPDATE belfry_shard SET owner = 0 WHERE owner = $1::bigint"
                     " AND shard = ANY ($2::bigint[])"};

/// $1 member, $2 beats.
constexpr postgres_statement bury_member{
    "bury_member", "DELETE FROM belfry_node WHERE node = $1::bigint AND beats = $2::bigint"};

/// $1 member.
constexpr postgres_statement leave_cluster{
    "leave_cluster", "WITH freed AS (UPDATE belfry_shard SET owner = 0 WHERE owner = $1::bigint)"
                     " DELETE FROM belfry_node WHERE node = $1::bigint"};

/// $1 name, $2 1 or 0. Returns a row for each node of that name.
constexpr postgres_statement drain_nodes{
    "drain_nodes", "UPDATE belfry_node SET draining = $2::bigint WHERE name = $1::bytea"
                   " RETURNING node"};

postgres_parameters with(member_id one) {
  return std::move(postgres_parameters{}.number(one.value));
}

member member_in(const postgres_rows& rows, std::size_t row) {
  member one;
  one.id = {rows.number(row, 0)};
  one.name = rows.bytes(row, 1);
  one.machine = rows.bytes(row, 2);
  one.host = rows.bytes(row, 3);
  one.port = static_cast<std::uint16_t>(rows.number(row, 4));
  one.weight = static_cast<std::uint32_t>(rows.number(row, 5));
  one.settings = rows.bytes(row, 6);
  one.is_draining = rows.number(row, 7) != 0;
  one.beats = rows.number(row, 8);
  return one;
}

class postgres_membership : public membership {
public:
  postgres_membership(postgres_place place, std::unique_ptr<postgres_connection> session,
                      std::uint16_t shards)
      : caller_(std::move(place), std::move(session), shards) {}

  status join(const member& self) override {
    postgres_parameters all = with(self.id);
    all.bytes(self.name).bytes(self.machine).bytes(self.host).number(self.port);
    all.number(self.weight).bytes(self.settings);
    postgres_rows rows;
    return caller_.change(join_cluster, all, rows);
  }

  status beat(member_id self, bool& is_member) override {
    postgres_rows rows;
    auto how = caller_.change(beat_once, with(self), rows);
    is_member = rows.size() > 0;
    return how;
  }

  status look(cluster_view& view) override {
    postgres_rows clock, seats, members;
    auto how = caller_.look_up(read_clock, {}, clock);
    if (how.ok())
      how = caller_.look_up(read_seats, {}, seats);
    if (how.ok())
      how = caller_.look_up(read_members, {}, members);
    if (!how.ok())
      return how;
    view = {};
    view.now = instant_of_ms(static_cast<std::int64_t>(clock.number(0, 0)));
    for (std::size_t row = 0; row < seats.size(); ++row)
      view.seats.push_back({{static_cast<std::uint16_t>(seats.number(row, 0))},
                            {seats.number(row, 1)},
                            seats.number(row, 2)});
    for (std::size_t row = 0; row < members.size(); ++row)
      view.members.push_back(member_in(members, row));
    return {};
  }

  status claim(member_id self, std::span<const seat> seats,
               std::vector<shard_id>& claimed) override {
    auto shards = postgres_array::of_numbers(), owners = shards;
    for (const auto& one : seats) {
      shards.add(one.shard.value);
      owners.add(one.owner.value);
    }
    postgres_rows rows;
    auto how = caller_.change(claim_seats,
                              with(self).array(std::move(shards)).array(std::move(owners)), rows);
    for (std::size_t row = 0; row < rows.size(); ++row)
      claimed.push_back({static_cast<std::uint16_t>(rows.number(row, 0))});
    return how;
  }

  status release(member_id self, std::span<const shard_id> shards) override {
    auto numbers = postgres_array::of_numbers();
    for (const auto shard : shards)
      numbers.add(shard.value);
    postgres_rows rows;
    return caller_.change(release_seats, with(self).array(std::move(numbers)), rows);
  }

  status bury(member_id dead, std::uint64_t beats) override {
    postgres_rows rows;
    return caller_.change(bury_member, with(dead).number(beats), rows);
  }

  status leave(member_id self) override {
    postgres_rows rows;
    return caller_.change(leave_cluster, with(self), rows);
  }

  status set_draining(const std::string& name, bool is_draining, std::size_t& found) override {
    postgres_rows rows;
    auto how = caller_.change(drain_nodes,
                              postgres_parameters{}.bytes(name).number(is_draining ? 1 : 0), rows);
    found = rows.size();
    return how;
  }

private:
  postgres_caller caller_;
};

} // namespace

result<std::shared_ptr<membership>> open_postgres_membership(const postgres_place& place) {
  auto session = open_postgres_session(place);
  if (!session)
    return session.error();
  const auto schema = read_postgres_schema(**session, place.cluster);
  if (!schema)
    return schema.error();
  if (schema->version != postgres_schema_version)
    return failure{errc::wrong_state, (*session)->name() + ": there are no tables of cluster '" +
                                          place.cluster + "' yet, or older ones"};
  return std::shared_ptr<membership>(
      std::make_shared<postgres_membership>(place, std::move(*session), schema->shards));
}

} // namespace belfry
