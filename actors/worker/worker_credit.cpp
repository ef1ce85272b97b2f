#include "worker/worker_state.hpp"

// The part of worker_state that offers credit to nodes: how many runs each may grant.
namespace belfry {

void worker_state::on_demand(const wire::Demand& demand) {
  if (const auto* link = links_.sender_link()) {
    credit_.set_demand(link->key, demand.has_demand());
    allocate_credit();
  }
}

void worker_state::on_credit_returned(const wire::CreditReturned& answer) {
  if (const auto* link = links_.sender_link()) {
    credit_.returned(link->key, answer.count());
    slot_credit_.limit(link->key, credit_.offered(link->key));
    allocate_credit();
  }
}

void worker_state::allocate_credit() {
  for (const auto& share : credit_.allocate(credit_limit()))
    send_credit(share, false);
  for (const auto& share : credit_.recall(credit_limit()))
    send_credit(share, true);
}

void worker_state::send_credit(const credit_allocator::share& share, bool is_recall) {
  const auto* link = links_.find(share.node);
  if (!link || !link->is_open)
    return;
  wire::Credit credit;
  credit.set_session(session_.value);
  if (is_recall) {
    credit.set_recall(share.count);
  } else {
    credit.set_count(share.count);
    credit.set_slot_credit(slot_credit_.add(share.node, share.count, free_slots()));
  }
  links_.send(*link, credit_atom::value, credit);
}

/// How many more runs the worker can hold.
std::uint32_t worker_state::credit_limit() const {
  if (is_draining_)
    return 0;
  auto all = slot_limit_.usable();
  if (!slot_limit_.is_reduced())
    all += options_.prefetch.value_or(prefetch_.prefetch(options_.slots));
  const auto used = waiting_.size() + running();
  return used >= all ? 0 : all - static_cast<std::uint32_t>(used);
}

/// How many more runs could start at once.
std::uint32_t worker_state::free_slots() const {
  const auto usable = slot_limit_.usable();
  const auto used = waiting_.size() + running();
  return is_draining_ || used >= usable ? 0 : usable - static_cast<std::uint32_t>(used);
}

} // namespace belfry
