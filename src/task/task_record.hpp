#pragma once

#include "belfry/ids.hpp"
#include "belfry/task.hpp"
#include "belfry/time.hpp"
#include "task/fixed_bytes.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace belfry {

/// A snapshot says in 32 bits how long before its last change a task was started.
constexpr duration started_ago_max{std::numeric_limits<std::uint32_t>::max()};

/// How many errors of failed attempts a task keeps beside its latest one, and how much of each.
constexpr std::size_t earlier_errors_max = 2;
constexpr std::size_t earlier_error_bytes_max = 1024;

/// The members that few tasks need.
struct task_extra {
  std::optional<instant> start_by;
  instant complete_by = instant_max; ///< `instant_max`: none
  instant nominal = instant_max;     ///< of its schedule; `instant_max`: none, or not known
  std::string key;
  std::string schedule;
  std::string last_error;
  std::string output;
  std::string progress;
  std::unique_ptr<const std::string> saved_progress; ///< by earlier attempts, for the next; or null
  std::unique_ptr<std::vector<std::string>> earlier_errors; ///< the earliest first; or null

  /// Another attempt has failed.
  void add_error(std::string error);
  void restore_errors(std::string latest, std::vector<std::string> earlier);
};

/// The members that a task needs once it was started or settled.
struct task_details {
  fencing_token token;  ///< of the latest attempt
  instant changed_at{}; ///< when it was reserved, began, settled, or waits again since
  std::unique_ptr<task_extra> extra;
  std::uint32_t began_ms_ago = 0; ///< when the latest handler began, before `changed_at`
  std::uint32_t ran_ms = 0;       ///< how long it ran
  std::uint16_t attempt = 0;
  std::uint16_t crashes = 0;
  bool is_cancel_requested : 1 = false;
  bool was_started : 1 = false;
  bool was_started_before : 1 = false; ///< the latest attempt; restored if that attempt never began
  bool was_requeued : 1 = false;       ///< and has not died since
  bool has_begun : 1 = false;          ///< a handler is known to have begun; else `start_by` binds
  bool is_start_known : 1 = false;     ///< `began_ms_ago` is known
  bool has_run_time : 1 = false;       ///< `ran_ms` is known

  // Bookkeeping, rebuilt after a restart.
  std::uint32_t session = 0;   ///< index of the worker session that has it; 0: none
  std::uint32_t run_index = 0; ///< while granted: where it is in its session's list

  /// When the latest handler began; of no meaning unless `is_start_known`.
  [[nodiscard]] instant began_at() const { return changed_at - duration{began_ms_ago}; }
  /// The latest handler began at `at`; not after `changed_at`, since the clock may have been set
  /// back, and not longer before it than a snapshot can store.
  void set_began_at(instant at) {
    began_ms_ago = static_cast<std::uint32_t>(
        std::clamp((changed_at - at).count(), duration::rep{0}, started_ago_max.count()));
  }
  void set_changed_at(instant at) {
    const auto began = began_at();
    changed_at = at;
    set_began_at(began);
  }
};

/// All that a shard remembers of one task. There may be millions of scheduled tasks, so what many
/// share is in the shard's rule book, and what few need is allocated apart.
struct task_record {
  task_id id;
  instant accepted_at{};
  instant due{};

  [[no_unique_address]] fixed_bytes payload; // Its padding holds the next two members.
  std::uint32_t rules : 28 = 0;              ///< number in the rule book
  task_state state : 4 = task_state::scheduled;

  [[nodiscard]] const task_details& details() const { return details_ ? *details_ : no_details; }
  /// The details, made if there are none.
  task_details& make_details() {
    if (!details_) {
      details_ = std::make_unique<task_details>();
      details_->changed_at = accepted_at;
    }
    return *details_;
  }
  /// Null if it has none.
  [[nodiscard]] const task_extra* extra() const {
    return details_ ? details_->extra.get() : nullptr;
  }
  /// What earlier attempts saved for the next one; null if nothing.
  [[nodiscard]] const std::string* saved_progress() const {
    const auto* found = extra();
    return found ? found->saved_progress.get() : nullptr;
  }
  /// The extra part, made if there is none.
  task_extra& make_extra() {
    auto& extra = make_details().extra;
    if (!extra)
      extra = std::make_unique<task_extra>();
    return *extra;
  }

  /// When it was accepted, started, settled or sent back to wait, whichever was last.
  [[nodiscard]] instant changed_at() const { return details_ ? details_->changed_at : accepted_at; }
  /// Whether it has a start-by deadline that no handler is known to have met.
  [[nodiscard]] bool is_start_by_pending() const {
    return extra() && extra()->start_by && !details_->has_begun;
  }
  /// The last instant at which a handler may be called for it: its start-by deadline until one is
  /// known to have begun, then its complete-by deadline. `instant_max`: it has none.
  [[nodiscard]] instant start_limit() const {
    const auto* found = extra();
    if (!found)
      return instant_max;
    return is_start_by_pending() ? *found->start_by : found->complete_by;
  }

private:
  static inline const task_details no_details;

  std::unique_ptr<task_details> details_;
};

static_assert(sizeof(task_record) == 48);

} // namespace belfry
