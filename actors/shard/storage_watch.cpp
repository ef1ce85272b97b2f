#include "shard/storage_watch.hpp"

#include "text/printable.hpp"

#include <spdlog/spdlog.h>

namespace belfry {

namespace {

constexpr auto nearly_full_text = "the disk is nearly full: new tasks are refused";

} // namespace

bool storage_watch::on_answer(call kind, const storage_status& outcome) {
  switch (outcome.code) {
  case storage_code::unavailable:
    return set(trouble::unavailable, outcome.text);
  case storage_code::no_space:
    return set(trouble::full, outcome.text);
  case storage_code::ok:
    // Whether a disk that took a write has space for new work is in `on_space`.
    if (trouble_ == trouble::full && kind == call::write)
      return set(trouble::nearly_full, nearly_full_text);
    return trouble_ == trouble::unavailable && set(trouble::none, "");
  default:
    return false; // About one shard.
  }
}

bool storage_watch::on_space(bool has_space) {
  if (!has_space)
    return trouble_ == trouble::none && set(trouble::nearly_full, nearly_full_text);
  return trouble_ == trouble::nearly_full && set(trouble::none, "");
}

/// The text stays that of the first answer: later ones may differ in numbers.
bool storage_watch::set(trouble now, const std::string& text) {
  if (trouble_ == now)
    return false;
  trouble_ = now;
  text_ = text;
  if (now == trouble::none || now > logged_) {
    log(now);
    logged_ = now;
  }
  return true;
}

void storage_watch::log(trouble now) const {
  switch (now) {
  case trouble::none:
    return spdlog::info("journal.available");
  case trouble::nearly_full:
    return spdlog::error("journal.nearly_full reason={}", log_value(text_));
  case trouble::full:
    return spdlog::error("journal.full reason={}", log_value(text_));
  case trouble::unavailable:
    return spdlog::error("journal.unavailable reason={}", log_value(text_));
  }
}

} // namespace belfry
