#include "os/rocksdb/rocksdb_keys.hpp"

#include "random/crc32c.hpp"

namespace belfry {

namespace {

template <class Number>
void put_big_endian(std::string& out, Number number) {
  for (auto i = sizeof(Number); i-- > 0;)
    out.push_back(static_cast<char>(std::uint64_t{number} >> (8 * i)));
}

std::uint64_t read_big_endian(std::string_view& in, std::size_t bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < bytes; ++i)
    number = number << 8 | static_cast<unsigned char>(in[i]);
  in.remove_prefix(bytes);
  return number;
}

std::string key_of(std::string_view kind, shard_id shard, std::string_view rest) {
  std::string key{kind};
  put_big_endian(key, shard.value);
  key.append(rest);
  return key;
}

constexpr std::string_view shard_kind = "s";
constexpr std::string_view listing_kind = "o";
constexpr std::size_t shard_value_bytes = 36;

} // namespace

std::string batch_key(shard_id shard, std::uint64_t first) {
  auto key = key_of("", shard, "");
  put_big_endian(key, first);
  return key;
}

std::uint64_t first_in_batch_key(std::string_view key) {
  key.remove_prefix(sizeof(shard_id::value));
  return read_big_endian(key, sizeof(std::uint64_t));
}

std::string object_key(shard_id shard, std::string_view key) {
  return key_of("", shard, key);
}

std::string shard_key(shard_id shard) {
  return key_of(shard_kind, shard, "");
}

std::string shard_value(const stored_shard& shard) {
  std::string value;
  put_big_endian(value, shard.epoch);
  put_big_endian(value, shard.head);
  put_big_endian(value, shard.snapshot);
  put_big_endian(value, shard.first_kept);
  put_big_endian(value, crc32c(value));
  return value;
}

std::optional<stored_shard> parse_shard_value(std::string_view value) {
  if (value.size() != shard_value_bytes)
    return std::nullopt;
  const auto content = value.substr(0, shard_value_bytes - sizeof(std::uint32_t));
  stored_shard shard;
  shard.epoch = read_big_endian(value, sizeof shard.epoch);
  shard.head = read_big_endian(value, sizeof shard.head);
  shard.snapshot = read_big_endian(value, sizeof shard.snapshot);
  shard.first_kept = read_big_endian(value, sizeof shard.first_kept);
  if (read_big_endian(value, sizeof(std::uint32_t)) != crc32c(content))
    return std::nullopt;
  return shard;
}

std::string listing_key(shard_id shard, std::string_view key) {
  return key_of(listing_kind, shard, key);
}

std::string_view object_in_listing_key(std::string_view key) {
  return key.substr(listing_kind.size() + sizeof(shard_id::value));
}

} // namespace belfry
