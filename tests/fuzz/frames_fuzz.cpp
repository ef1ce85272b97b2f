// What `src/wire/frames` lets pass, CAF survives: for libFuzzer. It is compiled without the rest of
// belfry. The first byte of an input chooses the side of the peer and the size of the chunks that
// arrive; the peer's bytes follow.
#include "wire/frames/frame_validator.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

namespace {

using namespace belfry;

constexpr std::size_t payload_bytes_max = 1 << 20;
constexpr std::string_view own_node{"\0\0\x3e\x9a\xab\x9b\xac\x79\0\0\x12\x67oooooooooooooooooooo",
                                    32};

void require(bool condition, const char* promise, const std::string& violation) {
  if (condition)
    return;
  std::cerr << "broken: " << promise << "; the violation is '" << violation << "'\n";
  std::abort();
}

/// The first violation; empty: none.
std::string violation_in(frame_side peer, std::string_view bytes, std::size_t chunk) {
  frame_node own{};
  std::copy(own_node.begin(), own_node.end(), own.begin());
  frame_validator subject{peer, own, payload_bytes_max};
  for (; !bytes.empty(); bytes.remove_prefix(std::min(chunk, bytes.size())))
    if (auto violation = subject.find_violation(bytes.data(), std::min(chunk, bytes.size())))
      return *violation;
  return {};
}

/// Whether CAF 0.17.6 takes these valid bytes without harm: read as `caf::io::basp::instance` does,
/// with neither the tables nor the code of `src/wire/frames`.
void expect_harmless(frame_side peer, std::string_view bytes) {
  const auto number = [&](std::size_t at, std::size_t size) {
    std::uint64_t value = 0;
    for (const char byte : bytes.substr(at, size))
      value = value * 256 + static_cast<std::uint8_t>(byte);
    return value;
  };
  for (int message = 0; bytes.size() >= 32; ++message) {
    const auto operation = number(0, 1);
    const auto payload = static_cast<std::size_t>(number(4, 4));
    const int handshakes = peer == frame_side::client ? 2 : 1;
    const std::uint64_t handshake = peer == frame_side::client ? 1 : 0;
    require(message < handshakes ? operation == handshake : operation > 1,
            "the handshakes come first and once", {});
    require(operation <= 6 && operation != 3, "the operation is known, and not routed", {});
    require(operation == 6 ? payload == 0 : payload > 0, "CAF finds the payload it looks for", {});
    require(payload <= payload_bytes_max, "a payload has a limit", {});
    if (operation == 2)
      require(number(8, 8) == 1ULL << 60 && number(24, 8) != 0, "a message is asynchronous", {});
    if (operation == 2 && bytes.size() >= 40)
      require(bytes.substr(32, 3) == std::string_view{"\0\0\0", 3} || payload > bytes.size() - 32,
              "a message has no stages and names its types", {});
    bytes.remove_prefix(std::min(bytes.size(), 32 + payload));
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0)
    return 0;
  const auto peer = data[0] % 2 == 0 ? frame_side::client : frame_side::server;
  const auto chunk = std::size_t{1} + data[0] / 2;
  const std::string_view bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
  const auto violation = violation_in(peer, bytes, std::max<std::size_t>(bytes.size(), 1));
  require(violation_in(peer, bytes, chunk) == violation, "the size of the chunks does not matter",
          violation);
  require(std::all_of(violation.begin(), violation.end(),
                      [](char letter) { return letter >= ' ' && letter <= '~' && letter != '"'; }),
          "a violation is fit for a line of the log", violation);
  if (violation.empty())
    expect_harmless(peer, bytes);
  return 0;
}
