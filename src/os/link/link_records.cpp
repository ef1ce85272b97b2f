#include "os/link/link_records.hpp"

#include "random/crc32c.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace belfry {

namespace {

constexpr std::size_t record_bytes_max = 64 * 1024;
constexpr std::size_t data_bytes_max = record_bytes_max - record_header_bytes;
/// Enough for most connections; one that carries large records gets more.
constexpr std::size_t buffer_bytes_min = 16 * 1024;

/// The rest of a record comes soon after its beginning, unless bytes were lost: CAF's heartbeats
/// would fill the gap slowly.
constexpr std::chrono::seconds incomplete_max{10};
/// A process that was stopped for long did not see what has come meanwhile.
constexpr std::chrono::seconds interval_max{2};

template <class Number>
void put(Number number, char* to) {
  for (std::size_t i = 0; i < sizeof number; ++i)
    to[i] = static_cast<char>(number >> (8 * i));
}

std::uint32_t number_at(const char* from) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < sizeof number; ++i)
    number |= static_cast<std::uint32_t>(static_cast<unsigned char>(from[i])) << (8 * i);
  return number;
}

std::uint32_t checksum(std::uint64_t number, std::string_view data) {
  std::array<char, 24> summed{};
  put(number, summed.data());
  put(static_cast<std::uint32_t>(data.size()), summed.data() + 8);
  const auto [first, second, last] = crc32c_of_thirds(data);
  put(first, summed.data() + 12);
  put(second, summed.data() + 16);
  put(last, summed.data() + 20);
  return crc32c({summed.data(), summed.size()});
}

bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

} // namespace

// --- record_writer ---

io_progress record_writer::write(int socket, const void* data, std::size_t size,
                                 std::size_t& count) {
  count = 0;
  const auto* begin = static_cast<const char*>(data);
  while (count < size) {
    if (data_bytes_ == 0)
      begin_record({begin + count, std::min(size - count, data_bytes_max)});
    const auto progress = send_rest(socket, begin + count);
    if (progress == io_progress::would_block && count > 0)
      return io_progress::moved;
    if (progress != io_progress::moved)
      return progress;
    count += std::exchange(data_bytes_, 0);
  }
  return io_progress::moved;
}

void record_writer::begin_record(std::string_view data) {
  put(static_cast<std::uint32_t>(data.size()), header_.data());
  put(checksum(number_++, data), header_.data() + sizeof(std::uint32_t));
  data_bytes_ = data.size();
  sent_ = 0;
}

/// `moved`: the record is written to its end.
io_progress record_writer::send_rest(int socket, const char* data) {
  while (sent_ < record_header_bytes + data_bytes_) {
    const auto of_header = std::min(sent_, record_header_bytes);
    const auto of_data = sent_ - of_header;
    std::array<iovec, 2> parts{{{header_.data() + of_header, record_header_bytes - of_header},
                                {const_cast<char*>(data) + of_data, data_bytes_ - of_data}}};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    const auto sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    if (sent <= 0)
      return sent < 0 && would_block() ? io_progress::would_block : io_progress::closed;
    sent_ += static_cast<std::size_t>(sent);
  }
  return io_progress::moved;
}

// --- record_reader ---

io_progress record_reader::read(int socket, void* buffer, std::size_t size, std::size_t& count,
                                time_point now) {
  count = 0;
  while (data_begin_ == data_end_ && !open_record()) {
    if (violation_)
      return io_progress::closed;
    if (const auto progress = receive(socket); progress != io_progress::moved) {
      if (progress == io_progress::would_block)
        note_incomplete(now);
      return violation_ ? io_progress::closed : progress;
    }
  }
  incomplete_for_ = {};
  incomplete_at_.reset();
  count = std::min(size, data_end_ - data_begin_);
  std::memcpy(buffer, bytes_.data() + data_begin_, count);
  data_begin_ += count;
  return io_progress::moved;
}

std::size_t record_reader::pending() const {
  auto found = data_end_ - data_begin_;
  for (auto at = data_end_; end_ - at >= record_header_bytes;) {
    const std::size_t data_bytes = number_at(bytes_.data() + at);
    if (data_bytes > end_ - at - record_header_bytes)
      break;
    found += data_bytes;
    at += record_header_bytes + data_bytes;
  }
  return found;
}

/// Returns whether the next record is complete and sound.
bool record_reader::open_record() {
  if (end_ - data_end_ < record_header_bytes)
    return false;
  const auto* header = bytes_.data() + data_end_;
  const std::size_t data_bytes = number_at(header);
  if (data_bytes == 0 || data_bytes > data_bytes_max) {
    refuse("has " + std::to_string(data_bytes) + " bytes, expected 1 to " +
           std::to_string(data_bytes_max));
    return false;
  }
  if (end_ - data_end_ - record_header_bytes < data_bytes)
    return false;
  if (number_at(header + 4) != checksum(number_, {header + record_header_bytes, data_bytes})) {
    refuse("has a wrong checksum");
    return false;
  }
  ++number_;
  data_begin_ = data_end_ + record_header_bytes;
  data_end_ = data_begin_ + data_bytes;
  return true;
}

io_progress record_reader::receive(int socket) {
  make_space();
  const auto received = recv(socket, bytes_.data() + end_, bytes_.size() - end_, 0);
  if (received <= 0)
    return received < 0 && would_block() ? io_progress::would_block : io_progress::closed;
  end_ += static_cast<std::size_t>(received);
  return io_progress::moved;
}

/// For the rest of the record that has begun. Requires: no data is left to read.
void record_reader::make_space() {
  if (data_end_ > 0)
    std::memmove(bytes_.data(), bytes_.data() + data_end_, end_ - data_end_);
  end_ -= std::exchange(data_end_, 0);
  data_begin_ = 0;
  const auto wanted =
      end_ < record_header_bytes ? 0 : record_header_bytes + number_at(bytes_.data());
  if (const auto size = std::max(wanted, buffer_bytes_min); bytes_.size() < size)
    bytes_.resize(size > buffer_bytes_min ? record_bytes_max : size);
}

void record_reader::note_incomplete(time_point now) {
  if (end_ == data_end_)
    return;
  const auto before = std::exchange(incomplete_at_, now);
  if (before)
    incomplete_for_ += std::min<std::chrono::steady_clock::duration>(now - *before, interval_max);
  if (incomplete_for_ > incomplete_max)
    refuse("is incomplete for more than 10 s");
}

void record_reader::refuse(const std::string& reason) {
  violation_ = "record " + std::to_string(number_) + " " + reason;
}

} // namespace belfry
