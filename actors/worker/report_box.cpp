#include "worker/report_box.hpp"

#include "wire/envelope.hpp"

namespace belfry {

namespace {

// A frame of a megabyte would hold up the small messages behind it.
constexpr std::size_t report_bytes_max = 512 * 1024;
constexpr std::size_t report_outcomes_max = 1000;

std::size_t weight(const wire::RunOutcome& outcome) {
  return outcome.output().size() + outcome.error().size() + outcome.message().size() + 32;
}

} // namespace

void report_box::add(wire::RunOutcome&& outcome) {
  lanes_[task_id{outcome.task()}.shard()].waiting.push_back(std::move(outcome));
}

std::vector<envelope> report_box::next(std::int64_t now_ms) {
  std::vector<envelope> reports;
  for (auto& [shard, one] : lanes_) {
    if (one.waiting.empty() || !one.under_way.empty())
      continue;
    fill(shard, one);
    one.sent_ms = now_ms;
    reports.push_back({one.sealed, shard.value});
  }
  return reports;
}

std::vector<envelope> report_box::again(std::int64_t before_ms, std::int64_t now_ms) {
  std::vector<envelope> reports;
  for (auto& [shard, one] : lanes_) {
    if (one.under_way.empty() || one.sent_ms >= before_ms)
      continue;
    one.sent_ms = now_ms;
    reports.push_back({one.sealed, shard.value});
  }
  return reports;
}

std::vector<run_key> report_box::confirm(shard_id shard, std::uint64_t sequence) {
  const auto found = lanes_.find(shard);
  if (found == lanes_.end() || found->second.sequence != sequence)
    return {};
  return std::exchange(found->second.under_way, {});
}

bool report_box::is_empty() const {
  for (const auto& [shard, one] : lanes_) {
    if (!one.waiting.empty() || !one.under_way.empty())
      return false;
  }
  return true;
}

void report_box::fill(shard_id shard, lane& one) {
  report_.Clear();
  report_.set_session(session_.value);
  report_.set_shard(shard.value);
  report_.set_sequence(++one.sequence);
  std::size_t taken = 0;
  for (std::size_t size = 0; taken < one.waiting.size() && taken < report_outcomes_max &&
                             (taken == 0 || size < report_bytes_max);
       ++taken) {
    auto& outcome = one.waiting[taken];
    size += weight(outcome);
    one.under_way.push_back({{outcome.task()}, {outcome.token()}});
    report_.add_outcomes()->Swap(&outcome);
  }
  one.waiting.erase(one.waiting.begin(), one.waiting.begin() + static_cast<std::ptrdiff_t>(taken));
  one.sealed = wire::seal(report_);
}

} // namespace belfry
