#include "os/link/peer_link.hpp"

#include "link_fixture.hpp"

#include <poll.h>

#include <thread>

using namespace belfry;
using namespace belfry::test;

namespace {

void wait_until(int socket, short events) {
  pollfd watched{socket, events, 0};
  REQUIRE(poll(&watched, 1, static_cast<int>(test_timeout.count())) == 1);
}

void write_all(peer_link& link, const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    std::size_t count = 0;
    const auto progress =
        write_link(link.layer, link.socket.number(), text.data() + done, text.size() - done, count);
    if (progress == io_progress::would_block)
      wait_until(link.socket.number(), POLLOUT);
    else if (progress == io_progress::closed)
      return;
    done += count;
  }
}

std::string read_some(peer_link& link, std::size_t size) {
  std::string text(size, '\0');
  std::size_t done = 0;
  while (done < size) {
    std::size_t count = 0;
    const auto progress =
        read_link(link.layer, link.socket.number(), text.data() + done, size - done, count);
    if (progress == io_progress::would_block)
      wait_until(link.socket.number(), POLLIN);
    else if (progress == io_progress::closed)
      break;
    done += count;
  }
  text.resize(done);
  return text;
}

} // namespace

TEST_CASE("bytes written to a link are read at its other end", "[link]") {
  for (const bool is_tls : {false, true}) {
    recording_acceptor node{load_credentials(is_tls ? credentials().tls("node") : link_security{})};
    auto dialled = dial_as(is_tls ? credentials().tls("client") : link_security{}, node);
    REQUIRE(dialled.ok());
    auto accepted = node.accepted();
    std::string much(3 << 20, '\0');
    for (std::size_t i = 0; i < much.size(); ++i)
      much[i] = static_cast<char>(i * 7 + i / 251);

    std::thread writer{[&] { write_all(*dialled, much); }};
    const bool is_same = read_some(accepted, much.size()) == much;
    writer.join();
    CHECK(is_same);
    write_all(accepted, "and back");
    CHECK(read_some(*dialled, 8) == "and back");

    dialled->layer.tls.reset();
    dialled->socket.close();
    CHECK(read_some(accepted, 1).empty());
  }
}
