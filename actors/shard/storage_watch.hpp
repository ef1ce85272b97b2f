#pragma once

#include "journal/journal.hpp"

#include <cstdint>
#include <string>

namespace belfry {

/// What is wrong with a storage, according to its answers: for a journal keeper, which writes one
/// line to the log when trouble begins or gets worse (an error: nothing new is accepted), and one
/// when it is over (for information).
///
///     a write is answered            trouble       log
///     ok, less than the reserve      nearly full   journal.nearly_full reason="…"
///     no_space                       full          journal.full reason="…"
///     no_space                       full          -
///     ok, less than the reserve      nearly full   -
///     no_space                       full          -
///     ok, space                      none          journal.available
///
/// Owned by one actor.
class storage_watch {
public:
  enum class call : std::uint8_t { read, write };

  /// The storage has answered a call so; not for `io_error`, after which there is no storage to
  /// watch. Only a write shows that a full disk is not full any more. Returns whether `text` has
  /// changed.
  bool on_answer(call kind, const storage_status& outcome);

  /// `journal::has_space` has returned so. Returns whether `text` has changed.
  bool on_space(bool has_space);

  /// For people: why the storage does not take everything. Empty: it does.
  [[nodiscard]] const std::string& text() const { return text_; }

  [[nodiscard]] bool is_short_of_space() const {
    return trouble_ == trouble::nearly_full || trouble_ == trouble::full;
  }

private:
  enum class trouble : std::uint8_t { none, nearly_full, full, unavailable }; // Grows worse.

  bool set(trouble now, const std::string& text);
  void log(trouble now) const;

  trouble trouble_ = trouble::none;
  trouble logged_ = trouble::none; // The worst that was logged since the last `none`.
  std::string text_;
};

} // namespace belfry
