#include "os/http/http_server.hpp"

#include "http_exchange.hpp"

#include <catch2/catch.hpp>

#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace belfry;
using namespace belfry::test;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

struct server_fixture {
  void open(http_options options = {}) {
    options.address = {"127.0.0.1", 0};
    auto opened = http_server::open(options, routes());
    REQUIRE(opened.ok());
    server = std::move(*opened);
  }
  std::vector<http_route> routes() {
    return {
        {"GET", "/hello",
         [](const http_request& request, const http_reply& reply) {
           reply({.body = "hello " + request.query});
         }},
        {"GET", "/open", [](const http_request&, const http_reply& reply) { reply({}); }, false},
        {"POST", "/echo",
         [](const http_request& request, const http_reply& reply) {
           reply({.body = request.body});
         }},
        {"GET", "/later",
         [this](const http_request&, http_reply reply) {
           server_thread = std::this_thread::get_id();
           later.set_value(std::move(reply));
         }},
        {"GET", "/never", [](const http_request&, const http_reply&) {}},
        {"GET", "/twice", [](const http_request&, const http_reply& reply) {
           reply({.body = "once"});
           reply({.body = "twice"});
         }}};
  }

  std::promise<http_reply> later;
  std::thread::id server_thread;
  std::unique_ptr<http_server> server;
};

} // namespace

TEST_CASE_METHOD(server_fixture, "a request is answered by the route of its path", "[http]") {
  open();
  const auto answer = http_get(server->port(), "/hello?world=1");
  CHECK(answer.status == 200);
  CHECK(answer.body == "hello world=1");
  CHECK_THAT(answer.head, Contains("Content-Type: text/plain; charset=utf-8\r\n"));
  CHECK_THAT(answer.head, Contains("X-Content-Type-Options: nosniff\r\n"));
}

TEST_CASE_METHOD(server_fixture, "other paths and methods are refused", "[http]") {
  open();
  CHECK(http_get(server->port(), "/hell").status == 404);
  CHECK(http_get(server->port(), "/hello/").status == 404);
  const auto wrong = http_get(server->port(), "/hello", "Content-Length: 0\r\n", "POST");
  CHECK(wrong.status == 405);
  CHECK_THAT(wrong.head, Contains("Allow: GET\r\n"));
}

TEST_CASE_METHOD(server_fixture, "the answer to HEAD has no body", "[http]") {
  open();
  raw_http connection{server->port()};
  connection.send(
      "HEAD /hello?1 HTTP/1.1\r\nHost: test\r\n\r\nHEAD /hell HTTP/1.1\r\nHost: test\r\n\r\n");
  connection.send("GET /hello?2 HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
  const auto text = connection.receive_all();
  CHECK_THAT(text, Contains("Content-Length: 7\r\n"));
  CHECK_THAT(text, Contains("\r\n\r\nHTTP/1.1 404") && Contains("\r\n\r\nHTTP/1.1 200"));
  CHECK_THAT(text, Catch::EndsWith("hello 2"));
}

TEST_CASE_METHOD(server_fixture, "one connection carries several requests", "[http]") {
  open();
  raw_http connection{server->port()};
  const std::string request = "GET /hello?1 HTTP/1.1\r\nHost: test\r\n\r\n";
  connection.send(request + request);
  connection.send("GET /hello?2 HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
  const auto text = connection.receive_all();
  CHECK_THAT(text, Contains("hello 1HTTP/1.1 200 OK") && Catch::EndsWith("hello 2"));
}

TEST_CASE_METHOD(server_fixture, "a body comes with its request", "[http]") {
  open();
  raw_http connection{server->port()};
  connection.send("POST /echo HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Length: "
                  "5\r\n\r\n12345");
  CHECK_THAT(connection.receive_all(), Catch::EndsWith("\r\n\r\n12345"));
}

TEST_CASE_METHOD(server_fixture, "a response may be made on the server's thread", "[http]") {
  open();
  raw_http connection{server->port()};
  connection.send("GET /later HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
  std::promise<std::thread::id> maker;
  later.get_future().get().when_sent([&] {
    maker.set_value(std::this_thread::get_id());
    return http_response{.body = "made"};
  });
  CHECK_THAT(connection.receive_all(), Catch::EndsWith("\r\n\r\nmade"));
  CHECK(maker.get_future().get() == server_thread);
}

TEST_CASE_METHOD(server_fixture, "a response that cannot be made is a failure of the server",
                 "[http]") {
  open();
  raw_http connection{server->port()};
  connection.send("GET /later HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
  later.get_future().get().when_sent(
      []() -> http_response { throw std::runtime_error{"no page"}; });
  const auto answer = connection.receive_all();
  CHECK_THAT(answer, Catch::StartsWith("HTTP/1.1 500 "));
  CHECK_THAT(answer, Catch::EndsWith("no page\n"));
}

TEST_CASE_METHOD(server_fixture, "a route may reply later, from another thread, and once",
                 "[http]") {
  open();
  raw_http connection{server->port()};
  connection.send("GET /later HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
  const auto reply = later.get_future().get();
  std::thread{[&] {
    reply({.status = 418, .body = "tea"});
    reply({.body = "coffee"});
  }}.join();
  const auto text = connection.receive_all();
  CHECK_THAT(text, Catch::StartsWith("HTTP/1.1 418") && Catch::EndsWith("\r\n\r\ntea"));
  CHECK(http_get(server->port(), "/twice").body == "once");
}

TEST_CASE_METHOD(server_fixture, "a reply after the end of the server does nothing", "[http]") {
  open();
  raw_http connection{server->port()};
  connection.send("GET /later HTTP/1.1\r\nHost: test\r\n\r\n");
  const auto reply = later.get_future().get();
  server.reset();
  CHECK(connection.receive_all().empty());
  reply({.body = "late"});
}

TEST_CASE_METHOD(server_fixture, "a route that does not reply is given up", "[http]") {
  open({.address = {}, .token = {}, .limits = {.reply_timeout = 50ms}});
  CHECK(http_get(server->port(), "/never").status == 503);
}

TEST_CASE_METHOD(server_fixture, "with a token, only who bears it is answered", "[http]") {
  open({.address = {}, .token = "0123456789abcdef"});
  const auto refused = http_get(server->port(), "/hello");
  CHECK(refused.status == 401);
  CHECK_THAT(refused.head, Contains("WWW-Authenticate: Bearer\r\n"));
  CHECK(http_get(server->port(), "/hello", "Authorization: Bearer 0123456789abcdeX\r\n").status ==
        401);
  CHECK(http_get(server->port(), "/hello", "Authorization: Bearer 0123456789abcdef\r\n").status ==
        200);
  CHECK(http_get(server->port(), "/open").status == 200);
}

TEST_CASE_METHOD(server_fixture, "a request beyond the limits is refused", "[http]") {
  open({.address = {}, .token = {}, .limits = {.header_bytes_max = 1'000, .body_bytes_max = 100}});
  CHECK(http_get(server->port(), "/hello", "X: " + std::string(2'000, 'x') + "\r\n").status == 431);
  CHECK(http_get(server->port(), "/echo", "Content-Length: 101\r\n", "POST").status == 413);
}

TEST_CASE_METHOD(server_fixture, "what is no HTTP is refused", "[http]") {
  open();
  raw_http connection{server->port()};
  connection.send("\x16\x03\x01 hello?\r\n\r\n");
  CHECK_THAT(connection.receive_all(), Catch::StartsWith("HTTP/1.1 400"));
}

TEST_CASE_METHOD(server_fixture, "a client that sends nothing is disconnected", "[http]") {
  open({.address = {}, .token = {}, .limits = {.request_timeout = 50ms}});
  raw_http silent{server->port()};
  raw_http slow{server->port()};
  slow.send("GET /hello HT");
  CHECK(silent.receive_all().empty());
  CHECK(slow.receive_all().empty());
}

TEST_CASE_METHOD(server_fixture,
                 "while all requests are under way, connections beyond the limit are closed",
                 "[http]") {
  open({.address = {}, .token = {}, .limits = {.connections_max = 1}});
  raw_http first{server->port()};
  first.send("GET /later HTTP/1.1\r\nHost: test\r\n\r\n");
  const auto reply = later.get_future().get();
  raw_http second{server->port()};
  CHECK(second.receive_all().empty());
  reply({.body = "first"});
  CHECK(first.receive(12) == "HTTP/1.1 200");
  first.send("GET /hello HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
  CHECK_THAT(first.receive_all(), Contains("HTTP/1.1 200 OK"));
}

TEST_CASE_METHOD(server_fixture,
                 "beyond the limit the connection that waits longest for its request is closed",
                 "[http]") {
  open({.address = {}, .token = {}, .limits = {.connections_max = 2}});
  raw_http idle{server->port()};
  raw_http slow{server->port()};
  slow.send("GET /hello HT");
  CHECK(http_get(server->port(), "/open").status == 200);
  CHECK(idle.receive_all().empty());
  slow.send("TP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
  CHECK_THAT(slow.receive_all(), Contains("HTTP/1.1 200 OK"));
}

TEST_CASE("a server that other machines reach needs a token", "[http]") {
  const auto open = http_server::open({.address = {"0.0.0.0", 0}, .token = {}}, {});
  REQUIRE_FALSE(open.ok());
  CHECK(open.error().code == errc::invalid_argument);
  CHECK_THAT(open.error().what, Contains("0.0.0.0 can be reached from other machines"));
  CHECK(http_server::open({.address = {"0.0.0.0", 0}, .token = "0123456789abcdef"}, {}).ok());
}

TEST_CASE("a server says why it cannot listen", "[http]") {
  CHECK_THAT(http_server::open({.address = {"tower", 0}, .token = {}}, {}).error().what,
             Contains("'tower' is no IP address"));
  const auto first = http_server::open({.address = {"127.0.0.1", 0}, .token = {}}, {});
  REQUIRE(first.ok());
  const auto second =
      http_server::open({.address = {"127.0.0.1", (*first)->port()}, .token = {}}, {});
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().code == errc::unavailable);
  CHECK_THAT(second.error().what, Contains("cannot listen for HTTP on 127.0.0.1:"));
}
