#include "link/link_connection.hpp"

#include "link/frame_limit.hpp"

#include "belfry/contract.hpp"
#include "os/link/socket_address.hpp"

#include <caf/io/middleman.hpp>
#include <caf/io/network/default_multiplexer.hpp>
#include <caf/io/network/stream_impl.hpp>
#include <caf/make_counted.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace belfry {

namespace {

using caf::io::network::native_socket;
using caf::io::network::rw_state;

/// How CAF's stream moves bytes. Which of its functions are called, and what they return, is as in
/// `caf/io/network/stream.hpp`.
class link_policy {
public:
  link_policy(tls_session session, std::string peer, std::size_t frame_bytes_max)
      : session_(std::move(session)), peer_(std::move(peer)), limit_(frame_bytes_max) {}

  rw_state read_some(std::size_t& count, native_socket socket, void* to, std::size_t size) {
    count = 0;
    if (size == 0)
      return rw_state::indeterminate;
    if (read_link(session_.get(), socket, to, size, count) == io_progress::closed)
      return rw_state::failure;
    if (limit_.accepts(to, count))
      return rw_state::success;
    spdlog::error("link.disconnected peer={} reason=\"it announces a message that is too large\"",
                  peer_);
    return rw_state::failure;
  }

  rw_state write_some(std::size_t& count, native_socket socket, const void* from,
                      std::size_t size) {
    count = 0;
    if (size == 0)
      return rw_state::indeterminate;
    return write_link(session_.get(), socket, from, size, count) == io_progress::closed
               ? rw_state::failure
               : rw_state::success;
  }

  /// Bytes that TLS has taken from the socket already wake nobody.
  bool must_read_more(native_socket, std::size_t threshold) {
    return session_ && tls_pending(*session_) >= threshold;
  }

private:
  tls_session session_;
  std::string peer_;
  frame_limit limit_;
};

/// A larger message is read in pieces of so much: CAF makes room for all that is announced.
constexpr std::size_t chunk_bytes = 1 << 20;

/// As `caf::io::network::scribe_impl`, which has no room for another policy.
class link_connection final : public caf::io::scribe {
public:
  link_connection(caf::io::network::default_multiplexer& backend, native_socket socket,
                  link_policy policy, std::size_t send_buffer_bytes_max, std::string host,
                  std::uint16_t port)
      : caf::io::scribe(caf::io::network::conn_hdl_from_socket(socket)),
        stream_(backend, socket, std::move(policy)), send_buffer_bytes_max_(send_buffer_bytes_max),
        host_(std::move(host)), port_(port) {}

  void configure_read(caf::io::receive_policy::config config) override {
    const bool is_large =
        config.first == caf::io::receive_policy_flag::exactly && config.second > chunk_bytes;
    awaited_ = is_large ? config.second : 0;
    stream_.configure_read(is_large ? caf::io::receive_policy::exactly(chunk_bytes) : config);
    if (!std::exchange(is_launched_, true))
      stream_.start(this);
  }
  bool consume(caf::execution_unit* by, const void* bytes, std::size_t count) override {
    if (awaited_ == 0)
      return scribe::consume(by, bytes, count);
    const auto* from = static_cast<const char*>(bytes);
    gathered_.insert(gathered_.end(), from, from + count);
    if (gathered_.size() < awaited_) {
      stream_.configure_read(
          caf::io::receive_policy::exactly(std::min(chunk_bytes, awaited_ - gathered_.size())));
      return true;
    }
    rd_buf() = std::exchange(gathered_, {});
    const bool goes_on = scribe::consume(by, rd_buf().data(), rd_buf().size());
    std::vector<char>{}.swap(rd_buf()); // The room of a large message is not kept.
    return goes_on;
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
    // Besides these, what is being written was at most half when it began.
    if (stream_.wr_buf().size() > send_buffer_bytes_max_ / 2)
      disconnect();
  }
  std::string addr() const override { return host_; }
  std::uint16_t port() const override { return port_; }
  void add_to_loop() override { stream_.activate(this); }
  void remove_from_loop() override { stream_.passivate(); }

private:
  /// CAF keeps what the socket does not take, however much that is. It hears of the end as of any
  /// other.
  void disconnect() {
    if (!std::exchange(is_disconnected_, true))
      spdlog::error("link.disconnected peer={}:{} reason=\"it does not read what it is sent\"",
                    host_, port_);
    stream_.wr_buf().clear();
    shut_down_link(stream_.fd());
  }

  caf::io::network::stream_impl<link_policy> stream_;
  const std::size_t send_buffer_bytes_max_;
  const std::string host_;
  const std::uint16_t port_;
  std::size_t awaited_ = 0; // Bytes of the large message that is being read; 0: of none.
  std::vector<char> gathered_;
  bool is_launched_ = false;
  bool is_disconnected_ = false;
};

} // namespace

caf::io::scribe_ptr make_link_connection(caf::actor_system& system, peer_link link,
                                         link_limits limits) {
  auto* backend =
      dynamic_cast<caf::io::network::default_multiplexer*>(&system.middleman().backend());
  expects(backend != nullptr, "make_link_connection: the system has CAF's usual network module");
  const auto peer = remote_address_of(link.socket.number());
  const auto socket = link.socket.release();
  return caf::make_counted<link_connection>(
      *backend, socket,
      link_policy{std::move(link.session), std::move(link.peer), limits.frame_bytes_max},
      limits.send_buffer_bytes_max, host_of(peer), port_of(peer));
}

} // namespace belfry
