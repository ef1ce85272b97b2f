#include "worker_state.hpp"

#include "belfry/handler.hpp"
#include "belfry/situation.hpp"

#include "os/executor.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

// The half of worker_state that speaks with the node.
namespace belfry {

namespace {

situation worker_was_fenced{"a worker is cut off for longer than its lease"};
situation worker_stood_still{"a worker was stopped for longer than its lease"};

// A node that is up answers within milliseconds; nobody waits for one that is gone.
constexpr duration answer_patience{5'000};

} // namespace

void worker_state::welcome() {
  if (in.welcome.has_failure()) {
    spdlog::warn("worker.refused name={} why={}", options_.name, in.welcome.failure().what());
    return lost_node();
  }
  // Also comes while attached: then the node wants to know again what this worker holds.
  invitation_ = in.welcome.invitation();
  if (link_.is_open())
    attach();
}

void worker_state::attach() {
  wire::Attach attach;
  attach.set_session(session_.value);
  attach.set_name(options_.name);
  for (const auto& kind : kinds_)
    attach.add_kinds(kind);
  for (const auto& queue : options_.queues)
    attach.add_queues(queue);
  attach.set_slots(options_.slots);
  attach.set_credit(room());
  for (const auto& [key, held] : held_) {
    auto* ref = attach.add_running();
    ref->set_task(key.task.value);
    ref->set_token(key.token.value);
  }
  attach.set_is_first(attached_on_ != link_.attempt());
  attach.set_invitation(invitation_);
  attached_on_ = link_.attempt();
  offered_ = attach.credit();
  is_attaching_ = true;
  link_.send(attach_atom::value, attach);
  self_->delayed_send(self_, answer_patience, attach_check_atom::value, ++attach_number_);
}

void worker_state::check_attach(std::uint64_t number) {
  if (is_attaching_ && number == attach_number_)
    lost_node();
}

std::uint32_t worker_state::room() const {
  if (is_leaving_)
    return 0;
  const auto all = options_.slots + options_.prefetch.value_or(pace_.prefetch(options_.slots));
  const auto used = waiting_.size() + (slots_.size() - idle_.size());
  return used >= all ? 0 : all - static_cast<std::uint32_t>(used);
}

void worker_state::attached() {
  if (in.attached.has_failure()) {
    spdlog::warn("worker.refused name={} why={}", options_.name, in.attached.failure().what());
    return lost_node();
  }
  if (!std::exchange(is_attaching_, false))
    return;
  lease_ = duration{std::max(in.attached.lease_ms(), 4U)};
  ++stay_;
  beat_at_ = now();
  is_in_doubt_ = false;
  if (!link_.is_joined()) {
    link_.joined();
    spdlog::info("worker.attached name={} session={}", options_.name, session_.value);
    self_->delayed_send(self_, lease_ / 4, beat_now_atom::value, link_.attempt());
  }
  // A shard that began anew has not seen the reports under way.
  send_reports(reports_.again(now_ms() + 1, now_ms()));
  flush();
  quit_if_done();
}

void worker_state::beat(std::uint64_t attempt) {
  if (attempt != link_.attempt() || !link_.is_joined())
    return;
  doubt_lease();
  beat_at_ = now();
  unhoard();
  wire::Beat beat;
  beat.set_session(session_.value);
  std::uint32_t running = 0;
  for (auto& one : slots_) {
    if (!one.busy_with)
      continue;
    ++running;
    auto text = one.control->progress();
    if (text == one.told)
      continue;
    one.told = std::move(text);
    auto* progress = beat.add_progress();
    progress->set_task(one.busy_with->task.value);
    progress->set_token(one.busy_with->token.value);
    progress->set_text(one.told);
  }
  beat.set_running(running);
  link_.send(beat_atom::value, beat);
  // A shard that moved or restarted may never have seen them.
  send_reports(reports_.again(now_ms() - lease_.count() / 2, now_ms()));
  self_->delayed_send(self_, lease_ / 4, beat_now_atom::value, attempt);
}

/// What was fetched for short runs and now waits behind long ones goes back: others may be free.
void worker_state::unhoard() {
  if (pace_.has_stalled(idle_.size() < slots_.size()) && !options_.prefetch)
    give_back_waiting();
}

void worker_state::check(std::uint64_t attempt) {
  if (attempt == link_.attempt() && !link_.is_joined())
    lost_node();
}

void worker_state::lost_node() {
  if (link_.is_joined()) {
    spdlog::warn("worker.lost_node name={} session={}", options_.name, session_.value);
    self_->delayed_send(self_, lease_, fence_atom::value, stay_);
  }
  is_attaching_ = false;
  link_.lose();
  quit_if_done();
}

void worker_state::fence(std::uint64_t stay) {
  if (stay != stay_ || link_.is_joined())
    return;
  worker_was_fenced.reached();
  spdlog::warn("worker.fenced name={} session={}", options_.name, session_.value);
  interrupt_running();
  give_back_waiting();
}

/// A process that was stopped and goes on hears first what was sent to it long ago, before its
/// timers and before the node's word that its runs are another's now.
void worker_state::doubt_lease() {
  if (is_in_doubt_ || stay_ == 0 || now() <= beat_at_ + lease_)
    return;
  worker_stood_still.reached();
  spdlog::warn("worker.stood_still name={} session={}", options_.name, session_.value);
  is_in_doubt_ = true;
  give_back_waiting();
  if (link_.is_joined())
    attach();
}

void worker_state::confirmed() {
  const shard_id shard{static_cast<std::uint16_t>(in.confirmed.shard())};
  for (const auto& key : reports_.confirm(shard, in.confirmed.sequence()))
    held_.erase(key);
  if (link_.is_joined())
    send_reports(reports_.next(now_ms()));
  quit_if_done();
}

void worker_state::flush_late() {
  if (std::exchange(is_flush_delayed_, false) && !is_flush_on_its_way_)
    flush();
}

void worker_state::flush() {
  is_flush_on_its_way_ = false;
  flushed_at_ = now();
  if (!link_.is_joined())
    return quit_if_done();
  send_reports(reports_.next(now_ms()));
  send_credit();
}

void worker_state::send_credit() {
  const auto now_free = room();
  if (now_free <= offered_)
    return;
  wire::Credit credit;
  credit.set_session(session_.value);
  credit.set_count(now_free - offered_);
  offered_ = now_free;
  link_.send(credit_atom::value, credit);
}

void worker_state::send_reports(std::vector<envelope> reports) {
  for (auto& report : reports)
    link_.send_sealed(report_atom::value, std::move(report));
}

void worker_state::stop() {
  if (std::exchange(is_leaving_, true))
    return;
  spdlog::info("worker.leaving name={} session={}", options_.name, session_.value);
  give_back_waiting();
  // With no room: what was granted and has not come yet is taken back, and nothing more is granted.
  if (link_.is_joined())
    attach();
  self_->delayed_send(self_, options_.patience, hurry_atom::value);
  quit_if_done();
}

void worker_state::hurry() {
  interrupt_running();
  give_up_after(options_.grace + answer_patience);
}

void worker_state::quit_if_done() {
  if (!is_leaving_)
    return;
  if (held_.empty() && !is_attaching_)
    self_->quit();
  else if (idle_.size() == slots_.size())
    give_up_after(answer_patience);
}

void worker_state::give_up_after(duration patience) {
  if (!std::exchange(is_giving_up_, true))
    self_->delayed_send(self_, patience, give_up_atom::value);
}

std::int64_t worker_state::now_ms() const {
  return std::chrono::duration_cast<duration>(now().time_since_epoch()).count();
}

} // namespace belfry
