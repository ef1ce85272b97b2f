#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace belfry {

/// Before the data of each record.
constexpr std::size_t record_header_bytes = 8;

/// The result of moving bytes. `closed` covers an orderly end and any error.
enum class io_progress { moved, would_block, closed };

/// Plain text in records, which show its damage: TCP's checksum misses some, and a proxy or a
/// tunnel can lose, repeat or displace bytes. A record is
///
///     4 bytes size of the data (little-endian), 4 bytes checksum, 1 to 65,528 bytes data
///
/// The checksum is the CRC-32C of the number of the record on its connection (8 bytes), the size,
/// and the three CRC-32Cs of thirds of the data: a record that is missing, repeated or out of order
/// has a wrong one, too. It protects from accidents, not from attackers. Each call costs O(n) in
/// the bytes moved.
///
/// One direction of a connection each. For one thread at a time.
class record_writer {
public:
  /// Writes records as long as the socket takes them, and sets `count` to how much of `data` was
  /// written in complete records. The next call must begin with the rest.
  [[nodiscard]] io_progress write(int socket, const void* data, std::size_t size,
                                  std::size_t& count);

private:
  void begin_record(std::string_view data);
  [[nodiscard]] io_progress send_rest(int socket, const char* data);

  std::uint64_t number_ = 0; // Of the next record.
  std::array<char, record_header_bytes> header_{};
  std::size_t data_bytes_ = 0; // Of the record under way; 0: none is.
  std::size_t sent_ = 0;       // Of it, with its header.
};

class record_reader {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// Moves at most `size` bytes of complete records to `buffer`. `closed` also if a record is
  /// damaged: see `violation`.
  [[nodiscard]] io_progress read(int socket, void* buffer, std::size_t size, std::size_t& count,
                                 time_point now = std::chrono::steady_clock::now());

  /// How many bytes of complete records `read` would return without reading from the socket, if
  /// they are not damaged.
  [[nodiscard]] std::size_t pending() const;

  /// Why the peer must be disconnected; nothing: it need not.
  [[nodiscard]] const std::optional<std::string>& violation() const { return violation_; }

private:
  [[nodiscard]] bool open_record();
  [[nodiscard]] io_progress receive(int socket);
  void make_space();
  void note_incomplete(time_point now);
  void refuse(const std::string& reason);

  std::vector<char> bytes_;
  std::size_t data_begin_ = 0;              // Of the opened record: what is not read yet.
  std::size_t data_end_ = 0;                // The next record begins here.
  std::size_t end_ = 0;                     // Of what was received.
  std::uint64_t number_ = 0;                // Of the next record.
  std::optional<time_point> incomplete_at_; // When `read` last found a record incomplete.
  std::chrono::steady_clock::duration incomplete_for_{0};
  std::optional<std::string> violation_;
};

} // namespace belfry
