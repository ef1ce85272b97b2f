#include "os/http/http_server.hpp"

#include "os/http/access_token.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

namespace belfry {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr duration accept_pause{100}; // When there are no descriptors.

std::string_view view(beast::string_view text) {
  return {text.data(), text.size()};
}

class connection;

/// What all connections of a server share. Used by the server's thread only.
struct server_state {
  std::string token;
  http_limits limits;
  std::vector<http_route> routes;
  std::size_t connections = 0;
  std::vector<connection*> awaiting_request; // In the order in which they began to wait.
};

/// One connection: reads a request, has its route reply, writes the response, and so on. Kept alive
/// by what it waits for.
class connection : public std::enable_shared_from_this<connection> {
public:
  connection(const std::shared_ptr<asio::io_context>& context, tcp::socket socket,
             std::shared_ptr<server_state> server)
      : context_(context), stream_(std::move(socket)), timer_(*context),
        server_(std::move(server)) {
    ++server_->connections;
  }
  ~connection() {
    --server_->connections;
    std::erase(server_->awaiting_request, this);
  }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  void read() {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(server_->limits.header_bytes_max));
    parser_->body_limit(server_->limits.body_bytes_max);
    stream_.expires_after(server_->limits.request_timeout);
    server_->awaiting_request.push_back(this);
    http::async_read(
        stream_, buffer_, *parser_,
        [self = shared_from_this()](error_code error, std::size_t) { self->on_read(error); });
  }

  /// Closes the connection, whose request is not complete.
  void drop() {
    std::erase(server_->awaiting_request, this);
    stream_.close();
  }

private:
  void on_read(error_code error) {
    std::erase(server_->awaiting_request, this);
    if (error == http::error::header_limit || error == http::error::buffer_overflow)
      return refuse(431, "the header has more than " +
                             std::to_string(server_->limits.header_bytes_max) + " bytes");
    if (error == http::error::body_limit)
      return refuse(413, "the body has more than " +
                             std::to_string(server_->limits.body_bytes_max) + " bytes");
    if (error == http::error::end_of_stream || error == beast::error::timeout)
      return close();
    if (error && error.category() == http::make_error_code(http::error::bad_method).category())
      return refuse(400, "this is not HTTP/1.1: " + error.message());
    if (error)
      return close();
    handle(parser_->release());
  }

  void refuse(unsigned status, const std::string& reason) {
    is_last_ = true;
    is_head_ = false;
    write({.status = status, .body = reason + "\n"});
  }

  void handle(http::request<http::string_body> received) {
    is_last_ = !received.keep_alive();
    is_head_ = received.method() == http::verb::head;
    const auto target = view(received.target());
    const auto mark = std::min(target.find('?'), target.size());
    http_request request{.method = is_head_ ? "GET" : std::string{view(received.method_string())},
                         .path = std::string{target.substr(0, mark)},
                         .query = std::string{target.substr(std::min(mark + 1, target.size()))},
                         .body = std::move(received.body())};
    const auto* route = find_route(request);
    if (!route)
      return;
    if (route->needs_token && !server_->token.empty() &&
        !bears_token(view(received[http::field::authorization]), server_->token))
      return write({.status = 401, .body = "expected the header 'Authorization: Bearer TOKEN'\n"});
    call(*route, request);
  }

  /// Null: the request is answered.
  const http_route* find_route(const http_request& request) {
    std::string methods;
    for (const auto& route : server_->routes) {
      if (route.path != request.path)
        continue;
      if (route.method == request.method)
        return &route;
      methods += (methods.empty() ? "" : ", ") + route.method;
    }
    if (methods.empty())
      write({.status = 404, .body = "there is no " + paths() + "\n"});
    else
      write({.status = 405, .body = "expected the method " + methods + "\n"}, methods);
    return nullptr;
  }

  /// The path that was asked for is not repeated: a browser may show it.
  [[nodiscard]] std::string paths() const {
    std::string known = "such path; there are";
    for (const auto& route : server_->routes)
      known += " " + route.path;
    return known;
  }

  void call(const http_route& route, const http_request& request) {
    const auto number = ++request_number_;
    stream_.expires_never();
    timer_.expires_after(server_->limits.reply_timeout);
    timer_.async_wait([self = shared_from_this(), number](error_code error) {
      if (!error)
        self->reply(number, {.status = 503, .body = "the node did not answer in time\n"});
    });
    try {
      route.handle(request, reply_of(number));
    } catch (const std::exception& error) {
      reply(number, {.status = 500, .body = std::string{error.what()} + "\n"});
    }
  }

  /// What replies may outlive the connection and the context.
  http_reply reply_of(std::uint64_t number) {
    return http_reply{
        [context = context_, weak = weak_from_this(), number](http_reply::maker make) {
          if (const auto alive = context.lock())
            asio::post(*alive, [weak, number, make = std::move(make)] {
              if (const auto self = weak.lock())
                self->reply_made(number, make);
            });
        }};
  }

  void reply_made(std::uint64_t number, const http_reply::maker& make) {
    if (number != request_number_ || is_writing_)
      return;
    try {
      reply(number, make());
    } catch (const std::exception& error) {
      reply(number, {.status = 500, .body = std::string{error.what()} + "\n"});
    }
  }

  void reply(std::uint64_t number, http_response response) {
    if (number != request_number_ || is_writing_)
      return;
    timer_.cancel();
    write(std::move(response));
  }

  void write(http_response response, const std::string& allowed = {}) {
    is_writing_ = true;
    ++request_number_; // What replies from now on is late.
    response_ = {};
    response_.version(11);
    response_.result(response.status);
    response_.set(http::field::server, "belfry");
    response_.set(http::field::content_type, response.content_type);
    response_.set(http::field::cache_control, "no-store");
    response_.set("X-Content-Type-Options", "nosniff");
    if (response.status == 401)
      response_.set(http::field::www_authenticate, "Bearer");
    if (!allowed.empty())
      response_.set(http::field::allow, allowed);
    response_.body() = std::move(response.body);
    response_.keep_alive(!is_last_);
    response_.prepare_payload();
    if (is_head_)
      response_.body().clear(); // Its length stays.
    stream_.expires_after(server_->limits.request_timeout);
    http::async_write(
        stream_, response_,
        [self = shared_from_this()](error_code error, std::size_t) { self->on_written(error); });
  }

  void on_written(error_code error) {
    is_writing_ = false;
    if (error || is_last_)
      return close();
    read();
  }

  void close() {
    error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
  }

  const std::weak_ptr<asio::io_context> context_; // It owns what waits, and so this object.
  beast::tcp_stream stream_;
  asio::steady_timer timer_; // Of the route's reply.
  const std::shared_ptr<server_state> server_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> response_;
  std::uint64_t request_number_ = 0; // Of the request that waits for a reply.
  bool is_writing_ = false;
  bool is_head_ = false; // The request wants no body.
  bool is_last_ = false; // The connection ends after this response.
};

failure listen_failure(const http_options& options, const error_code& error) {
  return {errc::unavailable,
          "cannot listen for HTTP on " + to_string(options.address) + ": " + error.message()};
}

} // namespace

/// Owns the thread, and the context, which may end a moment later in a thread that replies.
class http_server::loop {
public:
  loop(const http_options& options, std::vector<http_route> routes)
      : server_(std::make_shared<server_state>()) {
    server_->token = options.token;
    server_->limits = options.limits;
    server_->routes = std::move(routes);
  }
  ~loop() {
    context_->stop();
    if (thread_.joinable())
      thread_.join();
  }
  loop(const loop&) = delete;
  loop& operator=(const loop&) = delete;

  result<done> listen(const http_options& options) {
    error_code error;
    const auto& host = options.address.host;
    const auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, error);
    if (error)
      return failure{errc::invalid_argument,
                     "http: '" + host + "' is no IP address, expected one, or localhost"};
    if (!address.is_loopback() && options.token.empty())
      return failure{errc::invalid_argument,
                     "http: " + host +
                         " can be reached from other machines: expected a loopback "
                         "address, or a token file (http_token_file)"};
    const tcp::endpoint endpoint{address, options.address.port};
    acceptor_.open(endpoint.protocol(), error);
    if (!error)
      acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error)
      acceptor_.bind(endpoint, error);
    if (!error)
      acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error)
      return listen_failure(options, error);
    port_ = acceptor_.local_endpoint().port();
    accept();
    thread_ = std::thread{[context = context_] { context->run(); }};
    return done{};
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }

private:
  void accept() {
    acceptor_.async_accept([this](error_code error, tcp::socket socket) {
      if (error == asio::error::operation_aborted)
        return;
      if (error)
        return accept_later();
      if (server_->connections < server_->limits.connections_max || drop_longest_waiting())
        std::make_shared<connection>(context_, std::move(socket), server_)->read();
      accept();
    });
  }

  /// So that clients that send nothing cannot shut out the others. False: all connections have
  /// requests under way.
  bool drop_longest_waiting() {
    if (server_->awaiting_request.empty())
      return false;
    server_->awaiting_request.front()->drop();
    return true;
  }

  void accept_later() {
    pause_.expires_after(accept_pause);
    pause_.async_wait([this](error_code error) {
      if (!error)
        accept();
    });
  }

  std::shared_ptr<asio::io_context> context_ = std::make_shared<asio::io_context>(1);
  std::shared_ptr<server_state> server_;
  tcp::acceptor acceptor_{*context_};
  asio::steady_timer pause_{*context_};
  std::uint16_t port_ = 0;
  std::thread thread_;
};

result<std::unique_ptr<http_server>> http_server::open(const http_options& options,
                                                       std::vector<http_route> routes) {
  auto serving = std::make_unique<loop>(options, std::move(routes));
  if (const auto listening = serving->listen(options); !listening)
    return listening.error();
  return std::unique_ptr<http_server>{new http_server{std::move(serving)}};
}

http_server::http_server(std::unique_ptr<loop> serving) : loop_(std::move(serving)) {}

http_server::~http_server() = default;

std::uint16_t http_server::port() const {
  return loop_->port();
}

} // namespace belfry
