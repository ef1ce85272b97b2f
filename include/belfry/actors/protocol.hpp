#pragma once

#include <caf/atom.hpp>
#include <caf/meta/type_name.hpp>
#include <caf/type_id.hpp>

#include <cstdint>
#include <vector>

namespace belfry {

/// One message between nodes: a Protobuf message of `src/wire/messages.proto` behind a checksum.
///
/// CAF swallows load errors and lets flipped bytes through, so the receiver checks and decodes
/// the bytes itself (`wire::open`), and a message of another version stays readable.
struct envelope {
  std::vector<char> bytes{};
  std::uint32_t shard = 0; ///< where the router sends it on to; only in messages for shards
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, envelope& x) {
  return f(caf::meta::type_name("belfry::envelope"), x.bytes, x.shard);
}

} // namespace belfry

/// Appended to, never reordered: the numbers travel between nodes.
CAF_BEGIN_TYPE_ID_BLOCK(belfry, caf::first_custom_type_id)

CAF_ADD_TYPE_ID(belfry, (belfry::envelope))

// The message table. Every row is `(atom, envelope)`; the envelope holds the named message.
//
//                                            from           to                     holds
CAF_ADD_ATOM(belfry, belfry, hello_atom, "hello")         // client, worker -> router      Hello
CAF_ADD_ATOM(belfry, belfry, welcome_atom, "welcome")     // router -> client, worker      Welcome
CAF_ADD_ATOM(belfry, belfry, submit_atom, "submit")       // client -> router -> shard     Submit
CAF_ADD_ATOM(belfry, belfry, submitted_atom, "submitted") // shard -> client Submitted
CAF_ADD_ATOM(belfry, belfry, request_atom, "request")     // client -> router -> shard     Request
CAF_ADD_ATOM(belfry, belfry, response_atom, "response")   // shard, router -> client       Response
CAF_ADD_ATOM(belfry, belfry, attach_atom, "attach")       // worker -> router -> dispatcher Attach
CAF_ADD_ATOM(belfry, belfry, attached_atom, "attached")   // dispatcher -> worker           Attached
CAF_ADD_ATOM(belfry, belfry, heartbeat_atom,
             "heartbeat") // worker -> router -> dispatcher Heartbeat
CAF_ADD_ATOM(belfry, belfry, heartbeat_ack_atom, "hbeat_ack") // dispatcher -> worker HeartbeatAck
CAF_ADD_ATOM(belfry, belfry, credit_atom, "credit")         // worker -> router -> dispatcher Credit
CAF_ADD_ATOM(belfry, belfry, grant_atom, "grant")           // shard -> worker                Grant
CAF_ADD_ATOM(belfry, belfry, revoke_atom, "revoke")         // shard -> worker                Revoke
CAF_ADD_ATOM(belfry, belfry, report_atom, "report")         // worker -> router -> shard     Report
CAF_ADD_ATOM(belfry, belfry, report_ack_atom, "report_ack") // shard -> worker ReportAck
CAF_ADD_ATOM(belfry, belfry, cluster_atom, "cluster")       // router -> client, worker      Cluster
CAF_ADD_ATOM(belfry, belfry, refresh_atom, "refresh")       // node -> router of another     nothing
CAF_ADD_ATOM(belfry, belfry, demand_atom, "demand")         // dispatcher -> worker           Demand
CAF_ADD_ATOM(belfry, belfry, credit_returned_atom,
             "creditback")                        // dispatcher -> worker CreditReturned
CAF_ADD_ATOM(belfry, belfry, defer_atom, "defer") // client -> router -> outbox    Submit

CAF_END_TYPE_ID_BLOCK(belfry)

namespace belfry {

/// Raised when a message changes its meaning; nodes and clients of another version are refused.
constexpr std::uint32_t protocol_version = 1;

} // namespace belfry
