#include "os/link/link_records.hpp"

#include "os/descriptor.hpp"

#include <sys/socket.h>

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>

using namespace belfry;
using namespace std::chrono_literals;

namespace {

/// A writer and a reader with a network of the test's own between them.
struct records_fixture {
  records_fixture() {
    connect(written, network_in);
    connect(network_out, readable);
  }

  /// Two sockets that do not block.
  static void connect(descriptor& first, descriptor& second) {
    std::array<int, 2> ends{};
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
    first = descriptor{ends[0]};
    second = descriptor{ends[1]};
  }

  /// The record that carries `data`.
  std::string record_of(const std::string& data) {
    std::size_t count = 0;
    REQUIRE(writer.write(written.number(), data.data(), data.size(), count) == io_progress::moved);
    REQUIRE(count == data.size());
    std::string bytes(data.size() + 100, '\0');
    const auto size = recv(network_in.number(), bytes.data(), bytes.size(), 0);
    REQUIRE(size > 0);
    bytes.resize(static_cast<std::size_t>(size));
    return bytes;
  }
  void deliver(const std::string& bytes) {
    REQUIRE(send(network_out.number(), bytes.data(), bytes.size(), 0) ==
            static_cast<ssize_t>(bytes.size()));
  }
  /// All that can be read now, by at most `size` bytes at a time.
  std::string read_all(std::size_t size = 4096) {
    std::string text;
    std::string buffer(size, '\0');
    for (;;) {
      std::size_t count = 0;
      last = reader.read(readable.number(), buffer.data(), size, count, now);
      text.append(buffer.data(), count);
      if (last != io_progress::moved)
        return text;
    }
  }

  record_writer writer;
  record_reader reader;
  descriptor written;
  descriptor network_in;
  descriptor network_out;
  descriptor readable;
  record_reader::time_point now{1h};
  io_progress last = io_progress::moved;
};

std::string pattern_of(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i)
    text[i] = static_cast<char>(i * 7 + i / 251);
  return text;
}

} // namespace

TEST_CASE_METHOD(records_fixture, "records carry data in order, however it is cut",
                 "[link][records]") {
  auto bytes = record_of("first ");
  bytes += record_of("second ");
  bytes += record_of(pattern_of(20'000));
  const auto piece = GENERATE(as<std::size_t>{}, 1, 7, 5'000, 100'000);
  std::string received;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    deliver(bytes.substr(at, piece));
    received += read_all(1'000);
    REQUIRE(last == io_progress::would_block);
  }
  CHECK(received == "first second " + pattern_of(20'000));
}

TEST_CASE_METHOD(records_fixture, "a writer goes on where the socket stopped it",
                 "[link][records]") {
  const auto data = pattern_of(3'000'000);
  std::string received;
  std::size_t done = 0;
  connect(written, readable);
  while (received.size() < data.size()) {
    std::size_t count = 0;
    const auto size = std::min<std::size_t>(data.size() - done, 500'000);
    if (size > 0)
      REQUIRE(writer.write(written.number(), data.data() + done, size, count) !=
              io_progress::closed);
    done += count;
    received += read_all();
    REQUIRE(last == io_progress::would_block);
  }
  CHECK(received == data);
  CHECK(done == data.size());
}

TEST_CASE_METHOD(records_fixture, "any damage to records ends the connection", "[link][records]") {
  const auto first = record_of("first");
  const auto second = record_of("second");
  const auto third = record_of("third");
  std::string damaged;
  SECTION("a record is missing") {
    damaged = first + third;
  }
  SECTION("a record comes twice") {
    damaged = first + second + second;
  }
  SECTION("two records are exchanged") {
    damaged = first + third + second;
  }
  SECTION("a byte of the data is changed") {
    damaged = first + second + third;
    damaged[first.size() + 10] ^= 1;
  }
  SECTION("a byte of the checksum is changed") {
    damaged = first + second + third;
    damaged[first.size() + 5] ^= 1;
  }
  SECTION("a byte of the size is changed") {
    damaged = first + second + third;
    damaged[first.size() + 3] ^= 1;
  }
  SECTION("bytes are missing") {
    damaged = first + second.substr(0, 9) + second.substr(11) + third;
  }
  deliver(damaged);
  const auto received = read_all();
  CHECK(last == io_progress::closed);
  REQUIRE(reader.violation());
  CHECK(reader.violation()->find("record ") == 0);
  CHECK(std::string{"firstsecond"}.substr(0, received.size()) == received);
}

TEST_CASE_METHOD(records_fixture, "a record whose rest never comes ends the connection",
                 "[link][records]") {
  const auto bytes = record_of(pattern_of(100));
  deliver(bytes.substr(0, 50));
  for (int second = 0; second <= 10; ++second) {
    CHECK(read_all().empty());
    REQUIRE(last == io_progress::would_block);
    now += 1s;
    deliver(bytes.substr(static_cast<std::size_t>(50 + second), 1));
  }
  read_all();
  CHECK(last == io_progress::closed);
  CHECK(reader.violation() == "record 0 is incomplete for more than 10 s");
}

TEST_CASE_METHOD(records_fixture, "a process that was stopped reads on", "[link][records]") {
  const auto bytes = record_of(pattern_of(100));
  deliver(bytes.substr(0, 50));
  read_all();
  now += 1h;
  deliver(bytes.substr(50, 20));
  CHECK(read_all().empty());
  REQUIRE(last == io_progress::would_block);
  deliver(bytes.substr(70));
  CHECK(read_all() == pattern_of(100));
}

TEST_CASE_METHOD(records_fixture, "a reader tells what it holds of complete records",
                 "[link][records]") {
  deliver(record_of("first"));
  deliver(record_of("second"));
  deliver(record_of("third").substr(0, 9));
  CHECK(reader.pending() == 0);
  char letter = 0;
  std::size_t count = 0;
  REQUIRE(reader.read(readable.number(), &letter, 1, count) == io_progress::moved);
  CHECK(reader.pending() == 10);
}

TEST_CASE_METHOD(records_fixture, "the end of a connection ends its records", "[link][records]") {
  deliver(record_of("last"));
  network_out.close();
  CHECK(read_all() == "last");
  CHECK(last == io_progress::closed);
  CHECK_FALSE(reader.violation());
}
