#include "client/prioritized_submits.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace belfry {

/// `client_submits` checks the other bits of the id.
std::optional<priority_class> prioritized_submits::class_of_client(std::uint64_t client) {
  const auto number = client >> class_shift;
  if (number == 0)
    return std::nullopt;
  return static_cast<priority_class>(number - 1);
}

void prioritized_submits::open(std::uint32_t shard_count) {
  for (auto& submits : classes_)
    submits.open(shard_count);
}

void prioritized_submits::set_outbox_queues(const std::set<std::string>& queues) {
  for (auto& submits : classes_)
    submits.set_outbox_queues(queues);
}

void prioritized_submits::add(task_spec&& task, submit_callback&& on_result, std::uint64_t group) {
  of(class_of(task.priority)).add(std::move(task), std::move(on_result), group);
}

void prioritized_submits::flush(std::function<void(result<done>)> on_result) {
  const auto when_class_flushed = [left = std::make_shared<std::size_t>(classes_.size()),
                                   on_result = std::move(on_result)](result<done> outcome) {
    if (--*left == 0)
      on_result(std::move(outcome));
  };
  for (auto& submits : classes_)
    submits.flush(when_class_flushed);
}

void prioritized_submits::pump(const sender& send) {
  std::for_each(classes_.rbegin(), classes_.rend(), [&](auto& submits) { submits.pump(send); });
}

void prioritized_submits::resend_all(const std::function<bool(std::uint32_t)>& is_affected,
                                     const sender& send) {
  std::for_each(classes_.rbegin(), classes_.rend(),
                [&](auto& submits) { submits.resend_all(is_affected, send); });
}

void prioritized_submits::resend(client_id client, std::uint32_t shard, std::uint64_t sequence,
                                 const sender& send) {
  if (const auto priority = class_of_client(client.value))
    of(*priority).resend(shard, sequence, send);
}

void prioritized_submits::tick(const sender& send) {
  std::for_each(classes_.rbegin(), classes_.rend(), [&](auto& submits) { submits.tick(send); });
}

void prioritized_submits::defer(const sender& send) {
  std::for_each(classes_.rbegin(), classes_.rend(), [&](auto& submits) { submits.defer(send); });
}

prioritized_submits::verdict prioritized_submits::on_submitted(wire::Submitted& answer) {
  const auto priority = class_of_client(answer.client());
  if (!priority)
    return {};
  return {*priority, of(*priority).on_submitted(answer)};
}

bool prioritized_submits::is_idle() const {
  return std::all_of(classes_.begin(), classes_.end(),
                     [](const auto& submits) { return submits.is_idle(); });
}

prioritized_submits::counts prioritized_submits::give_up(std::uint64_t group) {
  counts settled{};
  for (std::size_t i = 0; i < classes_.size(); ++i)
    settled[i] = classes_[i].give_up(group);
  return settled;
}

prioritized_submits::counts prioritized_submits::fail_all(const failure& error) {
  counts failed{};
  for (std::size_t i = 0; i < classes_.size(); ++i)
    failed[i] = classes_[i].fail_all(error);
  return failed;
}

} // namespace belfry
