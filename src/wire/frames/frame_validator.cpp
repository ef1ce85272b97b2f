#include "wire/frames/frame_validator.hpp"

#include <algorithm>

namespace belfry {

std::optional<std::string> frame_validator::find_violation(const void* bytes, std::size_t count) {
  std::string_view unread{static_cast<const char*>(bytes), count};
  while (!unread.empty()) {
    const auto passed = std::min<std::size_t>(unchecked_bytes_, unread.size());
    unchecked_bytes_ -= static_cast<std::uint32_t>(passed);
    unread.remove_prefix(passed);
    gather(unread);
    if (part_received_ < part_wanted_)
      return {};
    if (auto violation = check_part())
      return "message " + std::to_string(messages_) + ": " + *violation;
  }
  return {};
}

void frame_validator::gather(std::string_view& unread) {
  const auto taken = std::min(part_wanted_ - part_received_, unread.size());
  std::copy_n(unread.data(), taken, part_.data() + part_received_);
  part_received_ += taken;
  unread.remove_prefix(taken);
}

std::optional<std::string> frame_validator::check_part() {
  part_received_ = 0;
  return rule_ ? check_payload() : check_header();
}

std::optional<std::string> frame_validator::check_header() {
  const auto header = read_frame_header(part());
  const auto* rule = find_frame_rule(header, stage_);
  if (!rule)
    return unexpected_frame(header, stage_);
  auto violation = header_violation(header, *rule);
  if (!violation && header.payload_bytes > payload_bytes_max_)
    violation = outside_range("payload_bytes", header.payload_bytes, {0, payload_bytes_max_});
  if (violation)
    return std::string{rule->name} + ": " + *violation;
  if (header.payload_bytes == 0) {
    begin_message(rule->next_stage);
    return {};
  }
  rule_ = rule;
  payload_bytes_ = header.payload_bytes;
  part_wanted_ = std::min<std::size_t>(payload_bytes_, part_bytes_max);
  return {};
}

std::optional<std::string> frame_validator::check_payload() {
  if (auto violation = payload_violation(rule_->content, part(), payload_bytes_, nodes_))
    return std::string{rule_->name} + ": " + *violation;
  unchecked_bytes_ = payload_bytes_ - static_cast<std::uint32_t>(part_wanted_);
  begin_message(rule_->next_stage);
  return {};
}

void frame_validator::begin_message(frame_stage stage) {
  stage_ = stage;
  rule_ = nullptr;
  part_wanted_ = frame_header::size_bytes;
  ++messages_;
}

} // namespace belfry
