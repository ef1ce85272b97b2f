#include "payload.hpp"

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <iostream>

namespace belfry::bench {

namespace {

constexpr std::size_t payload_bytes = 128;

} // namespace

std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string make_payload(std::int64_t id, std::int64_t reference_us) {
  auto text =
      "{\"id\":" + std::to_string(id) + ",\"t\":" + std::to_string(reference_us) + ",\"pad\":\"";
  text.resize(payload_bytes - 2, 'x');
  return text += "\"}";
}

run_record read_payload(const std::string& payload) {
  if (payload.size() != payload_bytes || !payload.starts_with("{\"id\":"))
    die("a payload came back changed");
  char* end = nullptr;
  run_record read;
  read.id = std::strtoll(payload.c_str() + 6, &end, 10);
  read.reference_us = std::strtoll(end + 5, nullptr, 10);
  return read;
}

void die(const std::string& reason) {
  std::cerr << program_invocation_short_name << ": " << reason << std::endl;
  std::_Exit(3);
}

} // namespace belfry::bench
