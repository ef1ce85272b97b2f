#include "belfry/handler.hpp"

#include "belfry/failure.hpp"

#include <algorithm>
#include <exception>

namespace belfry {

// --- run_control ---

void run_control::set_stopping() {
  raise(is_stopping_, false);
}

void run_control::cancel() {
  raise(is_cancelled_, true);
}

void run_control::raise(std::atomic<bool>& flag, bool is_cancel) {
  {
    const std::lock_guard lock{mutex_};
    if (flag.exchange(true))
      return;
    if (wake_ && (is_cancel || wakes_on_stopping_))
      wake_();
    if (wake_waiter_ && (is_cancel || waits_for_stop_))
      wake_waiter_();
  }
  stopped_.notify_all();
}

bool run_control::begin(monotonic_time now) {
  if (now > start_limit_)
    return false;
  began_at_.store(now.count(), std::memory_order_relaxed);
  return true;
}

std::optional<run_control::monotonic_time> run_control::began_at() const {
  const auto at = began_at_.load(std::memory_order_relaxed);
  return at == not_begun ? std::nullopt : std::optional{monotonic_time{at}};
}

bool run_control::is_cancelled() const {
  const bool was_cancelled = is_cancelled_;
  if (was_cancelled)
    has_observed_cancel_ = true;
  return was_cancelled;
}

bool run_control::wait_for(duration span) const {
  wait(span, false);
  return is_cancelled();
}

bool run_control::wait_for_stop(duration span) const {
  wait(span, true);
  return is_cancelled() || is_stopping_;
}

void run_control::wait(duration span, bool for_stop) const {
  const auto is_over = [&] { return must_end(for_stop); };
  if (waiter_) {
    waits_for_stop_ = for_stop;
    if (!is_over())
      waiter_(span);
    waits_for_stop_ = false;
  } else {
    std::unique_lock lock{mutex_};
    stopped_.wait_for(lock, span, is_over);
  }
}

void run_control::on_cancel(std::function<void()> wake) {
  set_wake(std::move(wake), false);
}

void run_control::on_stop(std::function<void()> wake) {
  set_wake(std::move(wake), true);
}

void run_control::set_wake(std::function<void()> wake, bool wakes_on_stopping) {
  const std::lock_guard lock{mutex_};
  wakes_on_stopping_ = wakes_on_stopping;
  wake_ = std::move(wake);
  if (wake_ && must_end(wakes_on_stopping))
    wake_();
}

void run_control::set_waiter(std::function<void(duration)> wait, std::function<void()> wake) {
  const std::lock_guard lock{mutex_};
  waiter_ = std::move(wait);
  wake_waiter_ = std::move(wake);
}

void run_control::set_progress(std::string text) {
  const std::lock_guard lock{mutex_};
  progress_ = std::move(text);
}

std::string run_control::progress() const {
  const std::lock_guard lock{mutex_};
  return progress_;
}

result<done> run_control::save_progress(std::string progress) {
  if (progress.size() > saved_progress_bytes_max)
    return failure{errc::too_large, "saved progress has " + std::to_string(progress.size()) +
                                        " bytes, expected at most " +
                                        std::to_string(saved_progress_bytes_max)};
  const std::lock_guard lock{mutex_};
  saved_progress_ = std::move(progress);
  has_saved_progress_ = true;
  return done{};
}

std::optional<std::string> run_control::saved_progress() const {
  if (!has_saved_progress_)
    return std::nullopt;
  const std::lock_guard lock{mutex_};
  return saved_progress_;
}

const run_origin& run_control::origin() const {
  static const run_origin usual;
  return origin_ ? *origin_ : usual;
}

std::optional<run_control::monotonic_time> run_control::deadline() const {
  return deadline_ == monotonic_time::max() ? std::nullopt : std::optional{deadline_};
}

std::optional<duration> run_control::time_left() const {
  const auto end = deadline();
  if (!end)
    return std::nullopt;
  const auto now = clock_ ? clock_() : std::chrono::steady_clock::now().time_since_epoch();
  return std::max(duration{0}, std::chrono::floor<duration>(*end - now));
}

// --- run_result ---

run_result run_result::success(std::string output) {
  run_result result;
  result.output = std::move(output);
  return result;
}

run_result run_result::failed(std::string error, std::string message) {
  run_result result;
  result.end = verdict::failed;
  result.error = std::move(error);
  result.message = std::move(message);
  return result;
}

run_result run_result::failed_permanently(std::string error, std::string message) {
  auto result = failed(std::move(error), std::move(message));
  result.is_final = true;
  return result;
}

run_result run_result::snoozed_for(duration span) {
  run_result result;
  result.end = verdict::snoozed;
  result.snooze = span;
  return result;
}

run_result run_result::not_started(std::string resource, std::string reason) {
  auto result = failed(std::move(resource), std::move(reason));
  result.end = verdict::not_started;
  return result;
}

run_result run_result::interrupted() {
  run_result result;
  result.end = verdict::interrupted;
  return result;
}

// --- handler_registry ---

namespace {

/// `inner` with the hook around it.
handler surround(std::shared_ptr<const handler_hook> hook, handler inner) {
  handler next = [inner = std::move(inner)](run& current) {
    try {
      return inner(current);
    } catch (const std::exception& thrown) {
      return run_result::failed("exception", thrown.what());
    }
  };
  return [hook = std::move(hook), next = std::move(next)](run& current) {
    return (*hook)(current, next);
  };
}

} // namespace

handler_registry& handler_registry::on(std::string kind, handler function) {
  entry added{std::move(function), {}};
  added.hooked = with_hooks(added.plain);
  handlers_.insert_or_assign(std::move(kind), std::move(added));
  return *this;
}

handler_registry& handler_registry::around(handler_hook hook) {
  hooks_.push_back(std::make_shared<const handler_hook>(std::move(hook)));
  for (auto& [kind, known] : handlers_)
    known.hooked = with_hooks(known.plain);
  return *this;
}

/// Empty without hooks: then a run costs nothing more.
handler handler_registry::with_hooks(const handler& plain) const {
  handler hooked;
  for (auto hook = hooks_.rbegin(); hook != hooks_.rend(); ++hook)
    hooked = surround(*hook, hooked ? std::move(hooked) : plain);
  return hooked;
}

const handler* handler_registry::find(const std::string& kind) const {
  const auto found = handlers_.find(kind);
  if (found == handlers_.end())
    return nullptr;
  const auto& known = found->second;
  return known.hooked ? &known.hooked : &known.plain;
}

std::vector<std::string> handler_registry::kinds() const {
  std::vector<std::string> all;
  all.reserve(handlers_.size());
  for (const auto& [kind, known] : handlers_)
    all.push_back(kind);
  return all;
}

} // namespace belfry
