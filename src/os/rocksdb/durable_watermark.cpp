#include "os/rocksdb/durable_watermark.hpp"

#include "random/crc32c.hpp"

#include <array>
#include <cstring>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>

namespace belfry {

namespace {

/// Each slot has its own sector, so that a power cut damages at most one of them.
constexpr off_t slot_bytes = 4096;

struct slot_content {
  std::uint64_t value = 0;
  std::uint32_t checksum = 0;
  std::uint32_t unused = 0;
};

std::uint32_t checksum_of(std::uint64_t value) {
  std::array<char, sizeof value> bytes{};
  std::memcpy(bytes.data(), &value, sizeof value);
  return crc32c({bytes.data(), bytes.size()});
}

std::uint64_t read_slot(int descriptor, int slot) {
  slot_content content;
  if (::pread(descriptor, &content, sizeof content, slot * slot_bytes) != sizeof content)
    return 0;
  return content.checksum == checksum_of(content.value) ? content.value : 0;
}

} // namespace

result<std::shared_ptr<durable_watermark>>
durable_watermark::open(const data_directory& directory) {
  const auto path = directory.file(file_name);
  const auto descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0)
    return system_failure(path, "cannot be opened");
  auto watermark = std::make_shared<durable_watermark>(descriptor);
  const auto first = read_slot(descriptor, 0);
  const auto second = read_slot(descriptor, 1);
  watermark->slot_ = second > first ? 1 : 0;
  watermark->value_ = second > first ? second : first;
  return watermark;
}

durable_watermark::~durable_watermark() {
  ::close(descriptor_);
}

void durable_watermark::advance(std::uint64_t value) {
  if (value <= value_)
    return;
  const slot_content content{.value = value, .checksum = checksum_of(value)};
  slot_ = 1 - slot_;
  if (::pwrite(descriptor_, &content, sizeof content, slot_ * slot_bytes) == sizeof content)
    value_ = value;
}

bool durable_watermark::sync() {
  return ::fdatasync(descriptor_) == 0;
}

} // namespace belfry
