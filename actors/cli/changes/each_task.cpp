#include "cli/changes/each_task.hpp"

#include "cli/text/json_text.hpp"
#include "cli/text/text_format.hpp"

#include <iostream>

namespace belfry::shell {

exit_code report_failure(const program& belfry, task_id id, const failure& error,
                         const std::string& note) {
  if (belfry.is_json) {
    auto document = to_json(error);
    document["id"] = to_string(id);
    std::cout << one_line(document) << '\n' << std::flush; // A reader may act on it at once.
  } else {
    print_complaint(to_string(id) + ": " + error.what + note);
  }
  return exit_code_of(error.code);
}

result<exit_code> for_each_task(program& belfry, const std::vector<task_id>& ids,
                                const task_action& action) {
  const auto node = belfry.node();
  if (!node)
    return node.error();
  auto code = exit_code::ok;
  for (const auto id : ids) {
    const auto outcome = action((*node)->tasks(), id);
    if (!outcome)
      code = report_failure(belfry, id, outcome.error());
    if (code == exit_code::unavailable)
      return code;
  }
  return code;
}

result<exit_code> apply_to_each(program& belfry, const std::vector<task_id>& ids,
                                const std::string& done_text, const task_action& action) {
  return for_each_task(belfry, ids, [&](task_client tasks, task_id id) {
    const auto outcome = action(tasks, id);
    if (outcome && belfry.is_json)
      std::cout << one_line(json{{"is_done", true}, {"id", to_string(id)}}) << '\n';
    else if (outcome)
      std::cout << to_string(id) << ' ' << done_text << '\n';
    return outcome;
  });
}

} // namespace belfry::shell
