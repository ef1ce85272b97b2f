#include "worker/outcome_sender.hpp"

#include "belfry/contract.hpp"
#include "wire/envelope.hpp"

namespace belfry {

namespace {

// A frame of a megabyte would delay the small messages behind it.
constexpr std::size_t report_bytes_max = 512 * 1024;
constexpr int report_outcomes_max = 1000;

std::size_t weight(const wire::RunOutcome& outcome) {
  return outcome.output().size() + outcome.error().size() + outcome.message().size() +
         outcome.saved_progress().size() + 32;
}

} // namespace

void outcome_sender::add(wire::RunOutcome&& outcome) {
  shard_queues_[task_id{outcome.task()}.shard()].waiting.Add()->Swap(&outcome);
}

bool outcome_sender::add_begun(const run_key& run, std::int64_t began_ms) {
  const auto found = shard_queues_.find(run.task.shard());
  if (found == shard_queues_.end() || found->second.waiting.empty() ||
      !found->second.in_flight.empty())
    return false;
  auto& named = found->second.begun.emplace_back();
  named.set_task(run.task.value);
  named.set_token(run.token.value);
  named.set_began_ms(began_ms);
  return true;
}

std::vector<envelope> outcome_sender::next(std::int64_t now_ms) {
  std::vector<envelope> reports;
  for (auto& [shard, queue] : shard_queues_) {
    if (queue.waiting.empty() || !queue.in_flight.empty())
      continue;
    build_report(shard, queue, now_ms);
    queue.sent_ms = now_ms;
    reports.push_back({queue.sealed, shard.value});
  }
  return reports;
}

std::vector<envelope> outcome_sender::resend(std::int64_t before_ms, std::int64_t now_ms) {
  std::vector<envelope> reports;
  for (auto& [shard, queue] : shard_queues_) {
    if (queue.in_flight.empty() || queue.sent_ms >= before_ms)
      continue;
    set_clock(queue.sealed, now_ms);
    queue.sent_ms = now_ms;
    reports.push_back({queue.sealed, shard.value});
  }
  return reports;
}

std::vector<run_key> outcome_sender::confirm(shard_id shard, std::uint64_t sequence) {
  const auto found = shard_queues_.find(shard);
  if (found == shard_queues_.end() || found->second.sequence != sequence)
    return {};
  return std::exchange(found->second.in_flight, {});
}

bool outcome_sender::is_empty() const {
  for (const auto& [shard, queue] : shard_queues_) {
    if (!queue.waiting.empty() || !queue.in_flight.empty())
      return false;
  }
  return true;
}

void outcome_sender::set_clock(std::vector<char>& sealed, std::int64_t now_ms) {
  const bool is_open = wire::open(sealed, report_);
  expects(is_open, "outcome_sender: can read the report that it built");
  report_.set_clock_ms(now_ms);
  sealed = wire::seal(report_);
}

void outcome_sender::build_report(shard_id shard, shard_queue& queue, std::int64_t now_ms) {
  report_.Clear();
  report_.set_session(session_.value);
  report_.set_shard(shard.value);
  report_.set_sequence(++queue.sequence);
  report_.set_clock_ms(now_ms);
  for (const auto& named : queue.begun)
    *report_.add_begun() = named;
  queue.begun.clear();
  int accepted = 0;
  for (std::size_t size = 0; accepted < queue.waiting.size() && accepted < report_outcomes_max &&
                             (accepted == 0 || size < report_bytes_max);
       ++accepted) {
    auto& outcome = *queue.waiting.Mutable(accepted);
    size += weight(outcome);
    queue.in_flight.push_back({{outcome.task()}, {outcome.token()}});
    report_.add_outcomes()->Swap(&outcome);
  }
  if (accepted == queue.waiting.size())
    queue.waiting.Clear(); // Keeps their memory for the next.
  else
    queue.waiting.DeleteSubrange(0, accepted);
  queue.sealed = wire::seal(report_);
}

} // namespace belfry
