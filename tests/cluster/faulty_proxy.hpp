#pragma once

#include "random/prng.hpp"

#include "os/descriptor.hpp"
#include "os/link/listening_sockets.hpp"
#include "os/link/socket_address.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <list>
#include <string>
#include <thread>

namespace belfry::test {

/// A TCP proxy in front of one node, with a thread of its own, that may damage what passes. While
/// its faults are on, one of a hundred pieces of bytes, in either direction, is lost, repeated,
/// delayed, or has some of its bytes changed, missing, repeated or in another order; or the
/// connection is closed, in order or by a reset. The seed decides which; the system decides where
/// pieces end.
class faulty_proxy {
public:
  /// Listens at any free port of `host`, and passes connections on to `node_port` there.
  faulty_proxy(const std::string& host, std::uint16_t node_port, std::uint64_t seed);
  ~faulty_proxy();
  faulty_proxy(const faulty_proxy&) = delete;
  faulty_proxy& operator=(const faulty_proxy&) = delete;

  [[nodiscard]] std::uint16_t port() const { return listening_.port; }

  /// Faults begin or end. At first there are none.
  void set_faults(bool are_on) { has_faults_ = are_on; }

  /// How many connections were accepted, and how many faults made.
  [[nodiscard]] std::uint64_t connections() const { return connections_; }
  [[nodiscard]] std::uint64_t faults() const { return faults_; }

private:
  using time_point = std::chrono::steady_clock::time_point;

  /// One direction of a connection.
  struct stream {
    int source = -1;
    int target = -1;
    std::string pending;  // Received, and not sent yet.
    time_point send_from; // The pending bytes wait until then.
    bool has_ended = false;
    bool is_end_sent = false;

    [[nodiscard]] bool wants_input() const;
    [[nodiscard]] bool wants_output(time_point now) const;
  };
  struct connection {
    descriptor client;
    descriptor node;
    std::array<stream, 2> streams{};
    bool is_closed = false;
  };

  void run();
  void wait() const;
  void accept_clients(int listener);
  void serve(connection& served);
  // Return false if the connection must be closed.
  [[nodiscard]] bool receive(stream& from);
  [[nodiscard]] bool send(stream& to) const;
  [[nodiscard]] bool damage(stream& to, const std::string& bytes);

  prng random_;
  const socket_address node_;
  const listening_sockets listening_;
  std::list<connection> open_;
  std::atomic<bool> has_faults_{false};
  std::atomic<bool> is_stopped_{false};
  std::atomic<std::uint64_t> connections_{0};
  std::atomic<std::uint64_t> faults_{0};
  std::thread thread_; // Last: it uses the members above.
};

} // namespace belfry::test
