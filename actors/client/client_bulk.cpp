// Orders to all tasks that a filter matches: listed page by page, then one request each.
#include "client/client_impl.hpp"

#include <utility>

namespace belfry {

namespace {

std::vector<request_call> orders_to(const wire::TaskList& page, order_field what) {
  std::vector<request_call> orders(static_cast<std::size_t>(page.tasks_size()));
  for (int i = 0; i < page.tasks_size(); ++i) {
    auto& request = orders[static_cast<std::size_t>(i)].request;
    request.set_shard(task_id{page.tasks(i).id()}.shard().value);
    (request.*what)()->set_id(page.tasks(i).id());
  }
  return orders;
}

} // namespace

result<bulk_outcome> client::implementation::apply_to_all(const task_filter& filter,
                                                          order_field what, const deadline& limit) {
  bulk_outcome outcome;
  const auto walked = for_each_page(filter, limit, [&](const wire::TaskList& page) -> result<done> {
    auto orders = orders_to(page, what);
    outcome.matched += orders.size();
    for (const auto& one : ask_each(std::move(orders), limit)) {
      if (one) {
        ++outcome.changed;
        continue;
      }
      const auto& why = one.error();
      if (why.code != errc::wrong_state && why.code != errc::not_found)
        return why;
      if (outcome.refused++ == 0)
        outcome.first_refusal = why.what;
    }
    return done{};
  });
  if (!walked)
    return walked.error();
  return outcome;
}

result<bulk_outcome> client::cancel_all(task_filter filter, duration timeout) {
  if (filter.states.empty())
    filter.states = {task_state::scheduled, task_state::ready, task_state::running};
  return impl_->apply_to_all(filter, &wire::Request::mutable_cancel, deadline{timeout});
}

result<bulk_outcome> client::requeue_all(task_filter filter, duration timeout) {
  filter.states = {task_state::dead};
  return impl_->apply_to_all(filter, &wire::Request::mutable_requeue, deadline{timeout});
}

} // namespace belfry
