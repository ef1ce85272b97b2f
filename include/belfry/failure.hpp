#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>

namespace belfry {

/// Why a request was refused. The numbers travel between nodes: append, never renumber.
enum class errc : std::uint8_t {
  invalid_argument = 1, ///< malformed input; the text names the field and what was expected
  too_large,            ///< a size limit is exceeded; the text names the limit
  not_found,            ///< no such queue or schedule, or a task that was never accepted
  wrong_state,          ///< the task's state does not allow this
  overloaded,           ///< a limit of the node is reached; try again later
  unavailable,          ///< the shard or node cannot answer now; try again
  stale_token,          ///< the attempt that this is about is no longer the live one
  storage,              ///< the disk or database failed
  corrupt,              ///< stored bytes are damaged
  timed_out,            ///< no answer within the caller's time limit
  cancelled,            ///< the caller gave up, or the node stops
  forgotten,            ///< the task was accepted, but its history is not kept any more
};

/// The name of `code`, as used in logs and JSON: `not_found`.
std::string_view to_string(errc code);

/// A refusal: a code for programs and a sentence for people.
struct failure {
  errc code = errc::invalid_argument;
  std::string what{};

  friend bool operator==(const failure&, const failure&) = default;
};

/// `not_found: there is no task 0-8053046902785`
std::string to_string(const failure& error);
std::ostream& operator<<(std::ostream& out, const failure& error);

/// Throws the `contract_violation` of a `result` that was asked for a value and holds `error`.
[[noreturn]] void report_no_value(const failure& error);

} // namespace belfry
