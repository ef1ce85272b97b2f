#include "base/standard_error_sink.hpp"

#include "os/terminal.hpp"

#include <spdlog/logger.h>

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <array>
#include <cstdio>
#include <memory>
#include <string>

using namespace belfry;

namespace {

using colored_sink = spdlog::sinks::ansicolor_sink<spdlog::details::console_mutex>;

/// A pipe from which each read returns what one call has written.
struct packet_pipe {
  packet_pipe() {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_DIRECT | O_NONBLOCK | O_CLOEXEC) == 0);
    reader = ends[0];
    writer = ends[1];
  }
  ~packet_pipe() {
    ::close(reader);
    ::close(writer);
  }
  packet_pipe(const packet_pipe&) = delete;
  packet_pipe& operator=(const packet_pipe&) = delete;

  /// What the next call has written; empty: there was none.
  [[nodiscard]] std::string next() const {
    std::array<char, 4096> bytes{};
    const auto count = ::read(reader, bytes.data(), bytes.size());
    return {bytes.data(), count > 0 ? static_cast<std::size_t>(count) : 0};
  }

  int reader = -1;
  int writer = -1;
};

} // namespace

TEST_CASE("a coloured line of the log is written by one call", "[log]") {
  const packet_pipe pipe;
  std::FILE* stream = gathering_stream(::dup(pipe.writer));
  REQUIRE(stream != nullptr);
  {
    spdlog::logger logger{"belfry",
                          std::make_shared<colored_sink>(stream, spdlog::color_mode::always)};
    logger.set_pattern("[%^%l%$] %v");
    logger.info("shard.serving");
    logger.error("shard.failed");
  }
  CHECK(pipe.next() == "[\033[32minfo\033[m] shard.serving\n");
  CHECK(pipe.next() == "[\033[31m\033[1merror\033[m] shard.failed\n");
  CHECK(pipe.next().empty());
  std::fclose(stream);
}

TEST_CASE("a descriptor that cannot be written to has no stream", "[log]") {
  CHECK(gathering_stream(-1) == nullptr);
}
