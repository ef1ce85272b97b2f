#include "link/frame_limit.hpp"

#include <algorithm>

namespace belfry {

bool frame_limit::accepts(const void* bytes, std::size_t count) {
  const auto* position = static_cast<const std::uint8_t*>(bytes);
  while (count > 0) {
    const auto body = std::min(body_left_, count);
    body_left_ -= body;
    const auto head = std::min(header_bytes - header_received_, count - body);
    std::copy_n(position + body, head, header_.begin() + header_received_);
    header_received_ += head;
    position += body + head;
    count -= body + head;
    if (header_received_ < header_bytes)
      continue;
    header_received_ = 0;
    for (std::size_t i = 0; i < 4; ++i)
      body_left_ = body_left_ << 8 | header_[length_at + i];
    if (body_left_ > bytes_max_)
      return false;
  }
  return true;
}

} // namespace belfry
