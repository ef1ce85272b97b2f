#include "journal/frame.hpp"

#include "random/crc32c.hpp"

namespace belfry {

namespace {

constexpr std::uint8_t frame_version = 1;

enum class frame_kind : std::uint8_t { batch = 1, object = 2 };

/// The fields before the blob, without the checksum.
struct header {
  frame_kind kind = frame_kind::batch;
  shard_id shard;
  std::uint32_t count = 0;
  std::uint64_t locator = 0; ///< the first event's number, or the checksum of the object's key
  std::uint64_t epoch = 0;
  std::uint32_t length = 0;
};

template <class Number>
void append_number(std::string& out, Number number) {
  for (std::size_t i = 0; i < sizeof(Number); ++i)
    out.push_back(static_cast<char>(std::uint64_t{number} >> (8 * i)));
}

template <class Number>
Number read_number(std::string_view& in) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < sizeof(Number); ++i)
    number |= std::uint64_t{static_cast<unsigned char>(in[i])} << (8 * i);
  in.remove_prefix(sizeof(Number));
  return static_cast<Number>(number);
}

std::string frame(const header& head, std::string_view blob) {
  std::string out;
  out.reserve(frame_header_bytes + blob.size());
  append_number(out, std::uint32_t{0});
  append_number(out, frame_version);
  append_number(out, static_cast<std::uint8_t>(head.kind));
  append_number(out, head.shard.value);
  append_number(out, head.locator);
  append_number(out, head.epoch);
  append_number(out, head.count);
  append_number(out, static_cast<std::uint32_t>(blob.size()));
  out.append(blob);
  std::string checksum;
  append_number(checksum, crc32c(std::string_view{out}.substr(4)));
  out.replace(0, 4, checksum);
  return out;
}

/// Advances `framed` to the blob. Nothing if it is not a whole frame of `kind` in this version.
std::optional<header> read_header(frame_kind kind, std::string_view& framed) {
  if (framed.size() < frame_header_bytes)
    return std::nullopt;
  const auto checksum = read_number<std::uint32_t>(framed);
  if (checksum != crc32c(framed))
    return std::nullopt;
  const auto version = read_number<std::uint8_t>(framed);
  header head;
  head.kind = static_cast<frame_kind>(read_number<std::uint8_t>(framed));
  head.shard = {read_number<std::uint16_t>(framed)};
  head.locator = read_number<std::uint64_t>(framed);
  head.epoch = read_number<std::uint64_t>(framed);
  head.count = read_number<std::uint32_t>(framed);
  head.length = read_number<std::uint32_t>(framed);
  if (version != frame_version || head.kind != kind || head.length != framed.size())
    return std::nullopt;
  return head;
}

} // namespace

std::string frame_batch(const append_batch& batch) {
  return frame({.kind = frame_kind::batch,
                .shard = batch.shard,
                .count = batch.count,
                .locator = batch.first,
                .epoch = batch.epoch},
               batch.bytes);
}

std::optional<stored_batch> unframe_batch(shard_id shard, std::uint64_t first,
                                          std::string_view framed) {
  const auto head = read_header(frame_kind::batch, framed);
  if (!head || head->shard != shard || head->locator != first || head->count == 0)
    return std::nullopt;
  return stored_batch{.first = first, .count = head->count, .epoch = head->epoch, .bytes = framed};
}

std::string frame_object(shard_id shard, std::uint64_t epoch, const object& object) {
  return frame(
      {.kind = frame_kind::object, .shard = shard, .locator = crc32c(object.key), .epoch = epoch},
      object.bytes);
}

std::optional<std::string_view> unframe_object(shard_id shard, std::string_view key,
                                               std::string_view framed) {
  const auto head = read_header(frame_kind::object, framed);
  if (!head || head->shard != shard || head->locator != crc32c(key))
    return std::nullopt;
  return framed;
}

} // namespace belfry
