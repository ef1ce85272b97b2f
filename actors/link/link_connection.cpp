#include "link/link_connection.hpp"

#include "belfry/contract.hpp"
#include "belfry/options.hpp"
#include "os/link/socket_address.hpp"
#include "wire/frames/frame_validator.hpp"

#include <caf/binary_serializer.hpp>
#include <caf/io/basp/header.hpp>
#include <caf/io/middleman.hpp>
#include <caf/io/network/default_multiplexer.hpp>
#include <caf/io/network/stream_impl.hpp>
#include <caf/make_counted.hpp>
#include <caf/node_id.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace belfry {

namespace {

using caf::io::network::native_socket;
using caf::io::network::rw_state;

static_assert(frame_header::size_bytes == caf::io::basp::header_size);

/// How CAF's stream moves bytes. The functions and their results are those of
/// `caf/io/network/stream.hpp`.
class link_policy {
public:
  link_policy(link_layer layer, std::string peer, frame_validator validator,
              std::shared_ptr<refusal_log> log)
      : layer_(std::move(layer)), peer_(std::move(peer)), validator_(std::move(validator)),
        log_(std::move(log)) {}

  rw_state read_some(std::size_t& count, native_socket socket, void* buffer, std::size_t size) {
    count = 0;
    if (size == 0)
      return rw_state::indeterminate;
    if (read_link(layer_, socket, buffer, size, count) == io_progress::closed) {
      if (layer_.records && layer_.records->reader.violation())
        log_->note_disconnected(peer_, "the connection is damaged: " +
                                           *layer_.records->reader.violation());
      return rw_state::failure;
    }
    const auto violation = validator_.find_violation(buffer, count);
    if (!violation)
      return rw_state::success;
    log_->note_disconnected(peer_, "it breaks the protocol: " + *violation);
    return rw_state::failure;
  }

  rw_state write_some(std::size_t& count, native_socket socket, const void* data,
                      std::size_t size) {
    count = 0;
    if (size == 0)
      return rw_state::indeterminate;
    return write_link(layer_, socket, data, size, count) == io_progress::closed ? rw_state::failure
                                                                                : rw_state::success;
  }

  /// Bytes that the layer has already read from the socket cause no further event.
  bool must_read_more(native_socket, std::size_t threshold) {
    const auto pending = pending_bytes(layer_);
    return pending > 0 && pending >= threshold;
  }

private:
  link_layer layer_;
  std::string peer_;
  frame_validator validator_;
  std::shared_ptr<refusal_log> log_;
};

frame_node frame_node_of(caf::actor_system& system) {
  std::vector<char> bytes;
  caf::binary_serializer sink{system, bytes};
  auto own = system.node();
  const auto error = sink(own);
  frame_node node{};
  expects(!error && bytes.size() == node.size(), "make_link_connection: CAF has an identity");
  std::copy(bytes.begin(), bytes.end(), node.begin());
  return node;
}

/// A larger message is read in chunks of this size: CAF allocates all that a header announces.
constexpr std::size_t chunk_bytes = 1 << 20;

/// As `caf::io::network::scribe_impl`, which cannot be given another policy.
class link_connection final : public caf::io::scribe {
public:
  link_connection(caf::io::network::default_multiplexer& backend, native_socket socket,
                  link_policy policy, std::size_t send_buffer_bytes_max,
                  std::shared_ptr<refusal_log> log, std::string host, std::uint16_t port)
      : caf::io::scribe(caf::io::network::conn_hdl_from_socket(socket)),
        stream_(backend, socket, std::move(policy)), send_buffer_bytes_max_(send_buffer_bytes_max),
        log_(std::move(log)), host_(std::move(host)), port_(port) {}

  void configure_read(caf::io::receive_policy::config config) override {
    const bool is_large =
        config.first == caf::io::receive_policy_flag::exactly && config.second > chunk_bytes;
    expected_bytes_ = is_large ? config.second : 0;
    stream_.configure_read(is_large ? caf::io::receive_policy::exactly(chunk_bytes) : config);
    if (!std::exchange(is_launched_, true))
      stream_.start(this);
  }
  bool consume(caf::execution_unit* host, const void* bytes, std::size_t count) override {
    if (expected_bytes_ == 0)
      return scribe::consume(host, bytes, count);
    const auto* begin = static_cast<const char*>(bytes);
    received_.insert(received_.end(), begin, begin + count);
    if (received_.size() < expected_bytes_) {
      stream_.configure_read(caf::io::receive_policy::exactly(
          std::min(chunk_bytes, expected_bytes_ - received_.size())));
      return true;
    }
    rd_buf() = std::exchange(received_, {});
    const bool is_open = scribe::consume(host, rd_buf().data(), rd_buf().size());
    std::vector<char>{}.swap(rd_buf()); // Frees the memory of a large message.
    return is_open;
  }
  void ack_writes(bool enable) override { stream_.ack_writes(enable); }
  std::vector<char>& wr_buf() override { return stream_.wr_buf(); }
  std::vector<char>& rd_buf() override { return stream_.rd_buf(); }
  void graceful_shutdown() override {
    stream_.graceful_shutdown();
    detach(&stream_.backend(), false);
  }
  void flush() override {
    stream_.flush(this);
    // The bytes being written are not in this buffer; they were at most the other half.
    if (stream_.wr_buf().size() > send_buffer_bytes_max_ / 2)
      disconnect();
  }
  std::string addr() const override { return host_; }
  std::uint16_t port() const override { return port_; }
  void add_to_loop() override { stream_.activate(this); }
  void remove_from_loop() override { stream_.passivate(); }

private:
  /// Disconnects a slow consumer: CAF buffers whatever the socket does not take, without a limit.
  /// CAF sees this as any other loss of a connection.
  void disconnect() {
    if (!std::exchange(is_disconnected_, true))
      log_->note_disconnected(to_string(node_address{host_, port_}), "it reads too slowly");
    stream_.wr_buf().clear();
    shut_down_link(stream_.fd());
  }

  caf::io::network::stream_impl<link_policy> stream_;
  const std::size_t send_buffer_bytes_max_;
  const std::shared_ptr<refusal_log> log_;
  const std::string host_;
  const std::uint16_t port_;
  std::size_t expected_bytes_ = 0; // Of the large message that is being received; 0: none is.
  std::vector<char> received_;
  bool is_launched_ = false;
  bool is_disconnected_ = false;
};

} // namespace

caf::io::scribe_ptr make_link_connection(caf::actor_system& system, peer_link link, frame_side peer,
                                         link_limits limits, std::shared_ptr<refusal_log> log) {
  auto* backend =
      dynamic_cast<caf::io::network::default_multiplexer*>(&system.middleman().backend());
  expects(backend != nullptr, "make_link_connection: the system has CAF's default network module");
  const auto address = remote_address_of(link.socket.number());
  frame_validator validator{peer, frame_node_of(system), limits.frame_bytes_max};
  const auto socket = link.socket.release();
  return caf::make_counted<link_connection>(
      *backend, socket,
      link_policy{std::move(link.layer), std::move(link.peer), std::move(validator), log},
      limits.send_buffer_bytes_max, log, host_of(address), port_of(address));
}

} // namespace belfry
