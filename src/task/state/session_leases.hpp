#pragma once

#include "task/granted_run.hpp"
#include "task/state/ledger_options.hpp"
#include "task/state/shard_timers.hpp"
#include "task/task_table.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <vector>

namespace belfry {

/// The worker sessions that a shard knows: until when each lease lasts, which runs it covers, and
/// which grants were sent. A session has an index while it is known; index 0 is no session.
///
/// The memory is that of the sessions that are known, not of those that were.
/// A session's timer is set once per lease and moved when it rings, so renewing a lease costs a
/// look-up. Owned by one ledger; not thread-safe.
class session_leases {
public:
  session_leases(shard_timers& timers, const ledger_options& options);

  /// The index of the session, which is added if it is new.
  std::uint32_t index_of(session_id id);
  /// Makes the session's lease last from `now` on; never shortens it. Adds the session if it is
  /// new.
  void renew(session_id id, instant now);
  void renew_all(instant now);
  /// Makes all leases longer by `late`.
  void extend_all(duration late);
  /// The session's timer rang. Returns whether its lease has ended; otherwise sets the timer again.
  bool is_expired(std::uint32_t index, instant now);
  /// Whether the session's worker says when the handlers of its runs begin; false until it is set.
  [[nodiscard]] bool tells_begin(session_id id) const;
  /// The same, of the session with this index, without a look-up.
  [[nodiscard]] bool tells_begin(std::uint32_t index) const { return sessions_[index].tells_begin; }
  /// Adds the session if it is new.
  void set_tells_begin(session_id id, bool tells) { sessions_[index_of(id)].tells_begin = tells; }
  /// Forgets the session. Requires: it has no runs.
  void remove(std::uint32_t index);

  /// A token greater than all that this shard has given, in this epoch and earlier ones.
  fencing_token next_token();
  /// Whether `token` is less than the next one.
  [[nodiscard]] bool was_given(fencing_token token) const;
  /// Notes that the grants of the session up to `last` were sent. Requires: `last` is live.
  void mark_sent(const granted_run& last);
  /// Whether the grant with `token` may have reached the session's worker. It is unknown of grants
  /// of earlier epochs: they count as sent.
  [[nodiscard]] bool was_sent(std::uint32_t index, fencing_token token) const;

  void attach_run(task_record& record, session_id session);
  /// Requires: a session runs the task of `record`, which is in `tasks`.
  void detach_run(task_record& record, task_table& tasks);

  /// 0 if no session has the index.
  [[nodiscard]] session_id id(std::uint32_t index) const {
    return index < sessions_.size() ? sessions_[index].id : session_id{};
  }
  [[nodiscard]] const std::vector<task_id>& runs(std::uint32_t index) const {
    return sessions_[index].runs;
  }
  /// When the session's timer rings; `instant_max`: never.
  [[nodiscard]] instant wakes_at(std::uint32_t index) const {
    return index < sessions_.size() ? sessions_[index].wakes_at : instant_max;
  }
  /// Indexes are less than this; some belong to no session and have no runs.
  [[nodiscard]] std::uint32_t index_end() const {
    return static_cast<std::uint32_t>(sessions_.size());
  }

private:
  struct session_state {
    session_id id;
    instant lease_expires_at{};
    std::vector<task_id> runs;
    instant wakes_at = instant_max;
    fencing_token last_sent; // The greatest; grants are sent in the order of their tokens.
    bool tells_begin = false;
  };

  void set_timer(std::uint32_t index);

  shard_timers& timers_;
  duration lease_;
  std::uint64_t epoch_;
  std::uint64_t next_grant_ = 1;
  std::vector<session_state> sessions_{1};
  std::map<session_id, std::uint32_t> indexes_;
  std::set<std::uint32_t> free_indexes_; // Of sessions_; the last one is in use.
};

} // namespace belfry
