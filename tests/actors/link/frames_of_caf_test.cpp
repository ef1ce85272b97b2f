// The bytes that CAF itself writes pass the checks of `src/wire/frames`, whose tables repeat them.
#include "wire/frames/frame_validator.hpp"

#include "base/system_config.hpp"

#include "belfry/actors/protocol.hpp"
#include "wire/frames/sample_frames.hpp"

#include <caf/actor_control_block.hpp>
#include <caf/actor_system.hpp>
#include <caf/binary_serializer.hpp>
#include <caf/error.hpp>
#include <caf/exit_reason.hpp>
#include <caf/io/basp/header.hpp>
#include <caf/io/basp/version.hpp>
#include <caf/message.hpp>
#include <caf/message_id.hpp>
#include <caf/node_id.hpp>
#include <caf/system_messages.hpp>
#include <caf/type_id.hpp>

#include <catch2/catch.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

using namespace belfry;
using namespace belfry::test;
using caf::io::basp::message_type;
using host_id = caf::node_id::default_data::host_id_type;

namespace {

class frames_of_caf_fixture {
public:
  template <class... Values>
  std::string bytes(Values... values) {
    std::vector<char> written;
    caf::binary_serializer sink{system_, written};
    const auto error = sink(values...);
    REQUIRE(!error);
    return {written.begin(), written.end()};
  }

  std::string frame(message_type operation, std::uint64_t operation_data, std::uint64_t source,
                    std::uint64_t dest, const std::string& payload) {
    const caf::io::basp::header header{
        operation, 0, static_cast<std::uint32_t>(payload.size()), operation_data, source, dest};
    return bytes(header) + payload;
  }

  std::string message(caf::message content) {
    return frame(message_type::direct_message, caf::make_message_id().integer_value(), 8, 6,
                 bytes(std::vector<caf::strong_actor_ptr>{}, std::move(content)));
  }

  /// The violation in what follows the handshakes of a client; empty: none.
  std::string violation_in(const std::string& frames) {
    frame_validator subject{frame_side::client, to_frame_node(bytes(own_)), 1 << 20};
    const auto all = frame(message_type::client_handshake, 0, 0, 0, bytes(peer_)) +
                     selection(bytes(peer_)) + frames;
    return subject.find_violation(all.data(), all.size()).value_or("");
  }

protected:
  system_config config_{false};
  caf::actor_system system_{config_};
  caf::node_id own_ = caf::make_node_id(4'711, host_id{{1, 2, 3}});
  caf::node_id peer_ = caf::make_node_id(4'712, host_id{{4, 5, 6}});
};

} // namespace

TEST_CASE_METHOD(frames_of_caf_fixture, "every message of belfry passes as CAF writes it",
                 "[link]") {
  const envelope content{{'a', 'b', 'c'}, 7};
  for (const caf::atom_value type :
       {hello_atom::get_value(),           welcome_atom::get_value(),  submit_atom::get_value(),
        submitted_atom::get_value(),       request_atom::get_value(),  response_atom::get_value(),
        attach_atom::get_value(),          attached_atom::get_value(), heartbeat_atom::get_value(),
        heartbeat_ack_atom::get_value(),   credit_atom::get_value(),   grant_atom::get_value(),
        revoke_atom::get_value(),          report_atom::get_value(),   report_ack_atom::get_value(),
        cluster_atom::get_value(),         refresh_atom::get_value(),  demand_atom::get_value(),
        credit_returned_atom::get_value(), defer_atom::get_value()})
    CHECK(violation_in(message(caf::make_message(type, content))).empty());
}

TEST_CASE_METHOD(frames_of_caf_fixture, "monitors and ended actors pass as CAF writes them",
                 "[link]") {
  const auto nodes = bytes(peer_, own_);
  CHECK(violation_in(frame(message_type::monitor_message, 0, 0, 6, nodes)).empty());
  CHECK(violation_in(frame(message_type::heartbeat, 0, 0, 0, "")).empty());
  for (const auto& reason :
       {caf::error{}, caf::make_error(caf::exit_reason::user_shutdown),
        caf::error{3, caf::atom("belfry"), caf::make_message(std::string(500, 'x'))}})
    CHECK(violation_in(frame(message_type::down_message, 0, 7, 0, nodes + bytes(reason))).empty());
}

TEST_CASE_METHOD(frames_of_caf_fixture, "what CAF would take for its own is refused", "[link]") {
  CHECK_FALSE(violation_in(message(caf::make_message(
                               caf::exit_msg{{}, caf::make_error(caf::exit_reason::kill)})))
                  .empty());
  CHECK_FALSE(
      violation_in(message(caf::make_message(caf::link_atom::value, caf::strong_actor_ptr{})))
          .empty());
}

TEST_CASE("the version of CAF's protocol is the one that the checks know", "[link]") {
  const auto greeting = server_greeting(node_of('n'));
  CHECK(read_frame_header(greeting.substr(0, frame_header::size_bytes)).operation_data ==
        caf::io::basp::version);
  CHECK(asynchronous_message == caf::make_message_id().integer_value());
}
