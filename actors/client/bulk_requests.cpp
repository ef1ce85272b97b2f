#include "client/bulk_requests.hpp"

namespace belfry::internal {

std::vector<request_call> requests_for(const wire::TaskList& page, const wire::ListTasks& filter,
                                       const task_request_writer& write) {
  std::vector<request_call> requests;
  for (const auto& task : page.tasks()) {
    // A node of an earlier version does not filter by schedule.
    if (!filter.schedule().empty() && task.schedule() != filter.schedule())
      continue;
    auto& request = requests.emplace_back().request;
    const task_id id{task.id()};
    request.set_shard(id.shard().value);
    *request.mutable_only_if() = filter;
    write(request, id);
  }
  return requests;
}

} // namespace belfry::internal
