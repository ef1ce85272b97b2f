#pragma once

#include "belfry/options.hpp"
#include "belfry/result.hpp"
#include "belfry/time.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace belfry {

struct http_request {
  std::string method{}; ///< `GET`
  std::string path{};   ///< as the client sent it, without the query
  std::string query{};  ///< behind the `?`; empty: none
  std::string body{};
};

struct http_response {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body{};
};

/// Sends the response. The first call counts; a call after the end of the connection, or of the
/// server, does nothing. May be called from any thread.
class http_reply {
public:
  /// Makes the response when it is sent.
  using maker = std::function<http_response()>;

  explicit http_reply(std::function<void(maker)> send) : send_(std::move(send)) {}

  void operator()(http_response response) const {
    send_([ready = std::move(response)] { return ready; });
  }
  /// The response is made on the server's thread: for one that costs its caller too much.
  void when_sent(maker make) const { send_(std::move(make)); }

private:
  std::function<void(maker)> send_;
};

/// What answers requests of one method for one path.
struct http_route {
  std::string method;
  std::string path;
  /// Called on the server's thread, and must not block: it may reply later.
  std::function<void(const http_request&, http_reply)> handle;
  bool needs_token = true; ///< false: anybody may ask, also where a token is required
};

/// The resources that clients may use. A client that exceeds one is answered with the status of the
/// table, and disconnected.
struct http_limits {
  std::size_t header_bytes_max = 8 * 1024; ///< 431
  std::size_t body_bytes_max = 64 * 1024;  ///< 413
  /// Beyond it a new connection takes the place of the one that has been without a complete request
  /// for longest. If all have requests under way, the new one is closed at once.
  std::size_t connections_max = 64;
  duration request_timeout{10'000}; ///< to send a request, and to be idle: closed
  duration reply_timeout{10'000};   ///< for the route to reply: 503
};

struct http_options {
  node_address address; ///< an IP address, or `localhost`; port 0: any free one
  std::string token;    ///< that requests must bear, of routes that need one; empty: none
  http_limits limits{};
};

/// Serves HTTP/1.1 on one thread, by a table of routes. Other paths are answered with 404, other
/// methods of a path with 405, requests without the token with 401.
class http_server {
public:
  /// Fails with `errc::unavailable` if the address cannot be listened on, and with
  /// `errc::invalid_argument` if it is not loopback and there is no token, or it is no address.
  [[nodiscard]] static result<std::unique_ptr<http_server>> open(const http_options& options,
                                                                 std::vector<http_route> routes);

  /// Drops all connections. No route is called afterwards.
  ~http_server();
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;

  [[nodiscard]] std::uint16_t port() const;

private:
  class loop;
  explicit http_server(std::unique_ptr<loop> serving);
  std::unique_ptr<loop> loop_;
};

} // namespace belfry
