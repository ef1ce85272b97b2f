#include "random/crc32c.hpp"

#include <array>
#include <cstring>

namespace belfry {

namespace {

using table = std::array<std::array<std::uint32_t, 256>, 8>;

/// `tables[k][b]` is what byte `b` contributes when `k` more bytes follow in its group of eight.
constexpr table make_tables() {
  table tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit)
      value = (value >> 1) ^ ((value & 1) != 0 ? 0x82f6'3b78U : 0);
    tables[0][byte] = value;
  }
  for (std::size_t k = 1; k < 8; ++k)
    for (std::size_t byte = 0; byte < 256; ++byte)
      tables[k][byte] = (tables[k - 1][byte] >> 8) ^ tables[0][tables[k - 1][byte] & 0xff];
  return tables;
}

constexpr table tables = make_tables();

std::uint32_t byte_at(std::string_view bytes, std::size_t index) {
  return static_cast<unsigned char>(bytes[index]);
}

/// Eight bytes at a time, which is four times as fast as byte by byte.
std::uint32_t add_eight(std::uint32_t crc, std::string_view bytes) {
  const auto low = crc ^ (byte_at(bytes, 0) | byte_at(bytes, 1) << 8 | byte_at(bytes, 2) << 16 |
                          byte_at(bytes, 3) << 24);
  return tables[7][low & 0xff] ^ tables[6][low >> 8 & 0xff] ^ tables[5][low >> 16 & 0xff] ^
         tables[4][low >> 24] ^ tables[3][byte_at(bytes, 4)] ^ tables[2][byte_at(bytes, 5)] ^
         tables[1][byte_at(bytes, 6)] ^ tables[0][byte_at(bytes, 7)];
}

std::uint32_t add_by_table(std::uint32_t crc, std::string_view bytes) {
  for (; bytes.size() >= 8; bytes.remove_prefix(8))
    crc = add_eight(crc, bytes);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    crc = (crc >> 8) ^ tables[0][(crc ^ byte_at(bytes, i)) & 0xff];
  return crc;
}

#if defined(__x86_64__)

/// Processors since 2008 have an instruction for it, which is several times as fast.
bool has_instruction() {
  static const bool has = __builtin_cpu_supports("sse4.2") != 0;
  return has;
}

__attribute__((target("sse4.2"))) std::uint32_t add_by_instruction(std::uint32_t crc,
                                                                   std::string_view bytes) {
  std::uint64_t wide = crc;
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, bytes.data(), sizeof eight);
    wide = __builtin_ia32_crc32di(wide, eight);
  }
  crc = static_cast<std::uint32_t>(wide);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    crc = __builtin_ia32_crc32qi(crc, static_cast<unsigned char>(bytes[i]));
  return crc;
}

using three_sums = std::array<std::uint64_t, 3>;

/// Adds `third` bytes to each sum: the first of `bytes`, those behind them, and those behind these.
__attribute__((target("sse4.2"))) void add_thirds(three_sums& sums, const char* bytes,
                                                  std::size_t third) {
  auto [first, second, last] = sums;
  for (std::size_t at = 0; at < third; at += 8) {
    std::array<std::uint64_t, 3> eight{};
    for (std::size_t part = 0; part < 3; ++part)
      std::memcpy(&eight[part], bytes + part * third + at, sizeof eight[part]);
    first = __builtin_ia32_crc32di(first, eight[0]);
    second = __builtin_ia32_crc32di(second, eight[1]);
    last = __builtin_ia32_crc32di(last, eight[2]);
  }
  sums = {first, second, last};
}

#else

bool has_instruction() {
  return false;
}

std::uint32_t add_by_instruction(std::uint32_t crc, std::string_view bytes) {
  return add_by_table(crc, bytes);
}

using three_sums = std::array<std::uint64_t, 3>;

void add_thirds(three_sums& /*sums*/, const char* /*bytes*/, std::size_t /*third*/) {}

#endif

} // namespace

std::uint32_t crc32c(std::string_view bytes, std::uint32_t before) {
  return ~(has_instruction() ? add_by_instruction(~before, bytes) : add_by_table(~before, bytes));
}

std::array<std::uint32_t, 3> crc32c_of_thirds(std::string_view bytes) {
  const auto third = bytes.size() / 24 * 8;
  if (!has_instruction())
    return {crc32c(bytes.substr(0, third)), crc32c(bytes.substr(third, third)),
            crc32c(bytes.substr(2 * third))};
  three_sums sums{0xffff'ffff, 0xffff'ffff, 0xffff'ffff};
  add_thirds(sums, bytes.data(), third);
  const auto last = ~static_cast<std::uint32_t>(sums[2]);
  return {~static_cast<std::uint32_t>(sums[0]), ~static_cast<std::uint32_t>(sums[1]),
          crc32c(bytes.substr(3 * third), last)};
}

std::uint32_t crc32c_by_table(std::string_view bytes, std::uint32_t before) {
  return ~add_by_table(~before, bytes);
}

} // namespace belfry
