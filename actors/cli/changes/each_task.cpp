#include "cli/changes/each_task.hpp"

#include "cli/text/json_text.hpp"
#include "cli/text/text_format.hpp"

#include <iostream>

namespace belfry::shell {

namespace {

void print_outcome(const program& belfry, task_id id, const std::string& done_text,
                   const result<done>& outcome) {
  if (belfry.is_json) {
    auto document = outcome ? json{{"is_done", true}} : to_json(outcome.error());
    document["id"] = to_string(id);
    std::cout << one_line(document) << '\n';
  } else if (outcome) {
    std::cout << to_string(id) << ' ' << done_text << '\n';
  } else {
    print_complaint(to_string(id) + ": " + outcome.error().what);
  }
}

} // namespace

exit_code apply_to_each(const program& belfry, client& node, const std::vector<task_id>& ids,
                        const std::string& done_text,
                        const std::function<result<done>(task_client, task_id)>& apply) {
  auto code = exit_code::ok;
  for (const auto id : ids) {
    const auto outcome = apply(node.tasks(), id);
    print_outcome(belfry, id, done_text, outcome);
    if (!outcome)
      code = exit_code_of(outcome.error().code);
    if (code == exit_code::unavailable)
      return code;
  }
  return code;
}

} // namespace belfry::shell
