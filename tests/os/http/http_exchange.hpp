#pragma once

#include "os/descriptor.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>

#include <array>
#include <cstdint>
#include <string>

namespace belfry::test {

/// A TCP connection to a server of this machine.
class raw_http {
public:
  explicit raw_http(std::uint16_t port)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(socket_.number(), reinterpret_cast<const sockaddr*>(&address),
                      sizeof address) == 0);
  }

  void send(const std::string& bytes) {
    REQUIRE(::send(socket_.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(bytes.size()));
  }
  /// All bytes until the server closes the connection.
  std::string receive_all() {
    std::string received;
    std::array<char, 4096> piece{};
    for (;;) {
      const auto size = ::recv(socket_.number(), piece.data(), piece.size(), 0);
      if (size <= 0)
        return received;
      received.append(piece.data(), static_cast<std::size_t>(size));
    }
  }
  /// As many bytes.
  std::string receive(std::size_t size) {
    std::string received(size, '\0');
    const auto got = ::recv(socket_.number(), received.data(), size, MSG_WAITALL);
    received.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return received;
  }

private:
  descriptor socket_;
};

struct http_answer {
  int status = 0;
  std::string head;
  std::string body;
};

/// Sends one request on a connection of its own. `headers` end with CRLF each.
inline http_answer http_get(std::uint16_t port, const std::string& path,
                            const std::string& headers = "", const std::string& method = "GET") {
  raw_http connection{port};
  connection.send(method + " " + path + " HTTP/1.1\r\nHost: test\r\nConnection: close\r\n" +
                  headers + "\r\n");
  const auto text = connection.receive_all();
  const auto end = text.find("\r\n\r\n");
  REQUIRE(end != std::string::npos);
  return {std::stoi(text.substr(9, 3)), text.substr(0, end + 2), text.substr(end + 4)};
}

} // namespace belfry::test
