#include "client/client_inbox.hpp"

#include "client/client_actor.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace belfry {

namespace {

/// Whether this thread runs the actor: it must not wait for itself.
thread_local bool is_reader_thread = false;

} // namespace

std::size_t& client_inbox::open_of(const submit_call& call) {
  return open_[static_cast<std::size_t>(class_of(call.task.priority))];
}

void client_inbox::submit(submit_call&& call) {
  std::unique_lock lock{mutex_};
  auto& open = open_of(call);
  if (!is_reader_thread)
    has_space_.wait(lock, [&] { return open < open_max_ || is_closed_; });
  ++open;
  add(std::move(call), lock);
}

void client_inbox::push(client_call&& call) {
  std::unique_lock lock{mutex_};
  if (const auto* submission = std::get_if<submit_call>(&call))
    ++open_of(*submission);
  add(std::move(call), lock);
}

template <class Call>
void client_inbox::add(Call&& call, std::unique_lock<std::mutex>& lock) {
  if (is_closed_) {
    lock.unlock();
    client_call refused{std::forward<Call>(call)};
    refuse(refused, {errc::cancelled, "the client is closed"});
    return;
  }
  calls_.emplace_back(std::forward<Call>(call));
  const bool is_first = calls_.size() == 1 && reader_;
  auto reader = is_first ? reader_ : caf::actor{};
  lock.unlock();
  if (is_first)
    caf::anon_send(reader, inbox_ready_atom::value);
}

void client_inbox::bind(caf::actor reader) {
  std::unique_lock lock{mutex_};
  reader_ = std::move(reader);
  if (!calls_.empty())
    caf::anon_send(reader_, inbox_ready_atom::value);
}

std::vector<client_call> client_inbox::take() {
  is_reader_thread = true;
  std::unique_lock lock{mutex_};
  std::vector<client_call> accepted;
  accepted.reserve(calls_.size());
  accepted.swap(calls_);
  return accepted;
}

void client_inbox::settle(priority_class priority, std::size_t count) {
  if (count == 0)
    return;
  {
    std::unique_lock lock{mutex_};
    auto& open = open_[static_cast<std::size_t>(priority)];
    open -= std::min(open, count);
  }
  has_space_.notify_all();
}

std::vector<client_call> client_inbox::close() {
  std::vector<client_call> left;
  {
    std::unique_lock lock{mutex_};
    is_closed_ = true;
    reader_ = nullptr;
    left.swap(calls_);
  }
  has_space_.notify_all();
  return left;
}

void refuse(client_call& call, const failure& error) {
  std::visit(
      [&](auto& pending) {
        if (pending.on_result)
          pending.on_result(error);
      },
      call);
}

} // namespace belfry
