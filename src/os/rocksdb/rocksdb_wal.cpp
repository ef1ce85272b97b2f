#include "os/rocksdb/rocksdb_wal.hpp"

#include "os/rocksdb/data_directory.hpp"
#include "random/crc32c.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <utility>

namespace belfry {

namespace {

// A log consists of blocks of 32 KiB; a block of fragments, each with a header of checksum (4
// bytes), length (2) and type (1); a write of one or more fragments. A fragment never crosses the
// end of a block; a rest too short for a header is padding.
constexpr std::size_t block_bytes = 32768;
constexpr std::size_t header_bytes = 7;

enum class fragment_type : std::uint8_t { zero = 0, full = 1, first = 2, middle = 3, last = 4 };

struct fragment {
  fragment_type type = fragment_type::zero;
  std::string_view bytes;
};

template <class Number>
Number number_at(std::string_view bytes, std::size_t offset) {
  Number number = 0;
  for (std::size_t i = 0; i < sizeof(Number); ++i)
    number |= Number{static_cast<unsigned char>(bytes[offset + i])} << (8 * i);
  return number;
}

/// RocksDB stores checksums masked, because it computes checksums of bytes that hold checksums.
std::uint32_t masked(std::uint32_t checksum) {
  return ((checksum >> 15) | (checksum << 17)) + 0xa282'ead8U;
}

/// Removes the next fragment from `block` and returns it; nothing if it is damaged. A damaged
/// fragment with a plausible header is skipped, otherwise the rest of the block is dropped.
std::optional<fragment> read_fragment(std::string_view& block) {
  const auto length = std::size_t{static_cast<unsigned char>(block[4])} |
                      std::size_t{static_cast<unsigned char>(block[5])} << 8;
  const auto type = static_cast<fragment_type>(block[6]);
  if (type == fragment_type::zero || header_bytes + length > block.size()) {
    block = {};
    return std::nullopt;
  }
  const auto checksum = number_at<std::uint32_t>(block, 0);
  const auto is_whole = checksum == masked(crc32c(block.substr(6, 1 + length)));
  const fragment next{type, block.substr(header_bytes, length)};
  block.remove_prefix(header_bytes + length);
  return is_whole ? std::optional(next) : std::nullopt;
}

// A write consists of its first change (8 bytes), the number of changes (4), then the changes. Our
// writes begin with a note: a tag, the note's length, the note.
constexpr std::size_t write_header_bytes = 12;
constexpr char note_tag = 3;
constexpr std::string_view note_name = "durable ";
constexpr std::size_t note_bytes = 16;
constexpr std::size_t kept_bytes = write_header_bytes + 2 + note_bytes;

std::uint64_t durable_in(std::string_view write) {
  write.remove_prefix(write_header_bytes);
  if (write.size() < 2 + note_bytes || write[0] != note_tag || write[1] != char{note_bytes} ||
      write.substr(2, note_name.size()) != note_name)
    return 0;
  return number_at<std::uint64_t>(write, 2 + note_name.size());
}

/// Assembles fragments to writes and collects their changes.
class wal_reader {
public:
  explicit wal_reader(const std::string& path) { log_.path = path; }

  void read(std::string_view block) {
    const auto size = block.size();
    while (block.size() >= header_bytes) {
      const auto offset = log_.size + (size - block.size());
      if (const auto found = read_fragment(block))
        add(*found, offset);
      else
        mark_damaged(offset);
    }
    if (!block.empty() && size < block_bytes)
      mark_damaged(log_.size + (size - block.size()));
    log_.size += size;
  }

  rocksdb_wal finish() {
    if (is_inside_)
      mark_damaged(begin_);
    return log_;
  }

private:
  void add(const fragment& added, std::uint64_t offset) {
    const auto begins = added.type == fragment_type::full || added.type == fragment_type::first;
    const auto continues = added.type == fragment_type::middle || added.type == fragment_type::last;
    if (!begins && !continues)
      return; // A type that a newer RocksDB writes beside the changes.
    if (begins == is_inside_)
      mark_damaged(offset);
    if (begins) {
      is_inside_ = true;
      begin_ = offset;
      kept_.clear();
    }
    if (!is_inside_)
      return;
    kept_.append(added.bytes.substr(0, kept_bytes - std::min(kept_bytes, kept_.size())));
    if (added.type == fragment_type::full || added.type == fragment_type::last)
      end_write();
  }

  void end_write() {
    is_inside_ = false;
    if (kept_.size() < write_header_bytes)
      return;
    const auto first = number_at<std::uint64_t>(kept_, 0);
    const auto count = number_at<std::uint32_t>(kept_, 8);
    log_.durable_change = std::max(log_.durable_change, durable_in(kept_));
    if (count == 0)
      return; // RocksDB begins a log with an empty write.
    const auto last = first + count - 1;
    if (log_.first_change == 0)
      log_.first_change = first;
    log_.last_intact_change = std::max(log_.last_intact_change, last);
    if (!log_.damage_offset)
      log_.last_change = last;
  }

  void mark_damaged(std::uint64_t offset) {
    const auto begin = is_inside_ ? begin_ : offset;
    is_inside_ = false;
    if (!log_.damage_offset)
      log_.damage_offset = begin;
  }

  rocksdb_wal log_;
  bool is_inside_ = false;  // Within a write whose last fragment is still missing.
  std::uint64_t begin_ = 0; // The offset of that write.
  std::string kept_;        // Its first bytes.
};

} // namespace

std::string encode_durable_note(std::uint64_t change) {
  std::string note{note_name};
  for (std::size_t i = 0; i < sizeof change; ++i)
    note.push_back(static_cast<char>(change >> (8 * i)));
  return note;
}

result<rocksdb_wal> scan_wal(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return system_failure(path, "cannot be read");
  wal_reader reader(path);
  std::array<char, block_bytes> block{};
  while (file) {
    file.read(block.data(), block.size());
    reader.read({block.data(), static_cast<std::size_t>(file.gcount())});
  }
  if (file.bad())
    return system_failure(path, "cannot be read");
  return reader.finish();
}

result<std::vector<rocksdb_wal>> scan_wals(const std::string& directory) {
  std::vector<std::string> paths;
  std::error_code problem;
  for (const auto& entry : std::filesystem::directory_iterator(directory, problem))
    if (entry.path().extension() == ".log")
      paths.push_back(entry.path().string());
  if (problem)
    return failure{errc::storage, directory + ": cannot be listed: " + problem.message()};
  // The names are numbers of six digits or more.
  std::sort(paths.begin(), paths.end(), [](const auto& left, const auto& right) {
    return std::pair(left.size(), left) < std::pair(right.size(), right);
  });
  std::vector<rocksdb_wal> logs;
  for (const auto& path : paths) {
    auto log = scan_wal(path);
    if (!log)
      return log.error();
    logs.push_back(std::move(*log));
  }
  return logs;
}

} // namespace belfry
