#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace belfry {

/// Bytes that do not change: one allocation of exactly their size, less than 4 GiB.
class fixed_bytes {
public:
  fixed_bytes() = default;
  explicit fixed_bytes(std::string_view bytes) : size_(static_cast<std::uint32_t>(bytes.size())) {
    if (bytes.empty())
      return;
    bytes_ = std::make_unique_for_overwrite<char[]>(bytes.size());
    std::memcpy(bytes_.get(), bytes.data(), bytes.size());
  }
  fixed_bytes(fixed_bytes&& other) noexcept
      : bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, 0)) {}
  fixed_bytes& operator=(fixed_bytes&& other) noexcept {
    bytes_ = std::move(other.bytes_);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::string_view view() const { return {bytes_.get(), size_}; }

private:
  std::unique_ptr<char[]> bytes_;
  std::uint32_t size_ = 0;
};

} // namespace belfry
