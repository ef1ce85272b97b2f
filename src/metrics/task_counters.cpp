#include "metrics/task_counters.hpp"

namespace belfry {

std::string_view to_string(attempt_outcome outcome) {
  switch (outcome) {
  case attempt_outcome::succeeded:
    return "succeeded";
  case attempt_outcome::failed:
    return "failed";
  case attempt_outcome::snoozed:
    return "snoozed";
  case attempt_outcome::timed_out:
    return "timed_out";
  case attempt_outcome::worker_lost:
    return "worker_lost";
  case attempt_outcome::crashed:
    return "crashed";
  case attempt_outcome::cancelled:
    return "cancelled";
  }
  return "unknown";
}

event_counts& event_counts::operator+=(const event_counts& more) {
  submitted += more.submitted;
  started += more.started;
  for (std::size_t i = 0; i < attempts.size(); ++i)
    attempts[i] += more.attempts[i];
  for (std::size_t i = 0; i < settled.size(); ++i)
    settled[i] += more.settled[i];
  start_delay += more.start_delay;
  attempt_time += more.attempt_time;
  return *this;
}

event_counts& task_counters::at(const std::string& queue, const std::string& kind) {
  const name wanted{queue, kind};
  if (const auto found = counts_.find(wanted); found != counts_.end())
    return found->second;
  return counts_.size() < names_max ? counts_[wanted] : counts_[{other, other}];
}

} // namespace belfry
