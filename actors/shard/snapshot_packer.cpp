#include "shard/snapshot_packer.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <charconv>

namespace belfry {

namespace {

// The rest of an object takes the last event: its payload and output have less than half of it.
constexpr std::size_t piece_bytes = object_bytes_max / 4;

std::string page_key(std::uint64_t page, std::uint32_t piece, std::uint64_t position) {
  return fmt::format("p{:012x}.{:04x}@{:016x}", page, piece, position);
}

std::string head_key(std::uint32_t piece, std::uint64_t position) {
  return fmt::format("h.{:08x}@{:016x}", piece, position);
}

std::uint64_t hex(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number, 16);
  return number;
}

} // namespace

void snapshot_packer::begin(std::uint64_t position) {
  stage_ = stage::copying;
  position_ = position;
  part_.reset();
  piece_.clear();
  ready_.clear();
  head_pieces_ = 0;
}

void snapshot_packer::add(std::uint64_t part, const event& change) {
  // Batches of events one after the other read back as one batch.
  writer_.add(change);
  auto bytes = writer_.finish_record();
  if (part_ != part) {
    finish_piece();
    part_ = part;
    if (part != metadata_part)
      pages_[part] = {position_, 0};
  } else if (piece_.size() + bytes.size() > piece_bytes) {
    finish_piece();
  }
  piece_ += bytes;
}

void snapshot_packer::finish_piece() {
  if (!part_ || piece_.empty())
    return;
  auto key = *part_ == metadata_part ? head_key(head_pieces_++, position_)
                                     : page_key(*part_, pages_[*part_].pieces++, position_);
  ready_.push_back({std::move(key), std::exchange(piece_, {})});
}

void snapshot_packer::end() {
  finish_piece();
  part_.reset();
  stage_ = stage::complete;
}

bool snapshot_packer::begin_commit(std::uint64_t head) {
  if (stage_ != stage::complete || head < position_)
    return false;
  stage_ = stage::committing;
  return true;
}

std::vector<object> snapshot_packer::take(std::size_t bytes_max) {
  std::size_t bytes = 0;
  auto end = ready_.begin();
  while (end != ready_.end() && bytes < bytes_max)
    bytes += (end++)->bytes.size();
  std::vector<object> objects(std::make_move_iterator(ready_.begin()),
                              std::make_move_iterator(end));
  ready_.erase(ready_.begin(), end);
  return objects;
}

std::vector<std::string> snapshot_packer::keys(const std::vector<std::uint64_t>& pages) {
  std::vector<std::string> all;
  for (std::uint32_t piece = 0; piece < head_pieces_; ++piece)
    all.push_back(head_key(piece, position_));
  std::map<std::uint64_t, kept_page> live;
  for (const auto page : pages) {
    const auto found = pages_.find(page);
    if (found == pages_.end())
      continue;
    live.insert(*found);
    for (std::uint32_t piece = 0; piece < found->second.pieces; ++piece)
      all.push_back(page_key(page, piece, found->second.position));
  }
  pages_ = std::move(live);
  return all;
}

bool snapshot_packer::restore_object(std::string_view key, std::uint64_t position) {
  const auto at = key.find('@');
  const auto dot = key.find('.');
  if (at == std::string_view::npos || dot == std::string_view::npos || dot > at)
    return false;
  const auto written = hex(key.substr(at + 1));
  if (written > position)
    return false;
  if (key.front() == 'p') {
    auto& page = pages_[hex(key.substr(1, dot - 1))];
    page.position = written;
    page.pieces = static_cast<std::uint32_t>(hex(key.substr(dot + 1, at - dot - 1))) + 1;
  }
  return true;
}

} // namespace belfry
