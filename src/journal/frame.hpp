#pragma once

#include "journal/journal.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace belfry {

/// The frame around every blob that a journal stores: a checksum, and the position of the blob, so
/// that both a damaged and a misplaced blob are detected. docs/journal_format.md shows the bytes.
inline constexpr std::size_t frame_header_bytes = 32;

/// `batch` in its frame.
[[nodiscard]] std::string frame_batch(const append_batch& batch);

/// The batch inside `framed`, its bytes pointing into it. Nothing if it is damaged or is not the
/// batch of `shard` that begins with event `first`.
[[nodiscard]] std::optional<stored_batch> unframe_batch(shard_id shard, std::uint64_t first,
                                                        std::string_view framed);

/// An object's bytes in their frame.
[[nodiscard]] std::string frame_object(shard_id shard, std::uint64_t epoch, const object& object);

/// The bytes of the object inside `framed`. Nothing if they are damaged or not those of `key`.
[[nodiscard]] std::optional<std::string_view> unframe_object(shard_id shard, std::string_view key,
                                                             std::string_view framed);

} // namespace belfry
