#include "plan.hpp"

#include "random/prng.hpp"
#include "wire/exec_payload.hpp"

#include <algorithm>
#include <filesystem>

namespace belfry::demo {

namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t file_bytes_max = 200'000;

bool is_plain(const std::string& path) {
  return std::all_of(path.begin(), path.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view{"._+/-"}.find(static_cast<char>(c)) != std::string_view::npos;
  });
}

bool is_fit(const fs::directory_entry& entry) {
  std::error_code failed;
  return entry.symlink_status(failed).type() == fs::file_type::regular &&
         is_plain(entry.path().string()) && entry.file_size(failed) > 0 && !failed &&
         entry.file_size(failed) <= file_bytes_max;
}

std::vector<std::string> files_of_machine(std::size_t count) {
  std::vector<std::string> found;
  for (const auto* root :
       {"/usr/share/doc", "/usr/include", "/usr/share/perl5", "/usr/share", "/usr/lib"}) {
    std::error_code failed;
    for (fs::recursive_directory_iterator at{root, fs::directory_options::skip_permission_denied,
                                             failed};
         !failed && at != fs::end(at) && found.size() < 3 * count; at.increment(failed))
      if (is_fit(*at))
        found.push_back(at->path().string());
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    if (found.size() >= count)
      break;
  }
  found.resize(std::min(found.size(), count));
  return found;
}

std::string command(std::vector<std::string> words) {
  exec_payload payload;
  payload.command = std::move(words);
  return write(payload).value();
}

/// The name of the half-written copy carries the token, so that an attempt that was given up can
/// not spoil the work of the next one.
std::string compress(const std::string& source, const std::string& target) {
  return command({"sh", "-c",
                  R"(gzip -nc -- "$1" > "$2.$BELFRY_TOKEN" && mv "$2.$BELFRY_TOKEN" "$2" &&)"
                  R"( sha256sum < "$1")",
                  "sh", source, target});
}

task_spec exec_task(std::string payload) {
  task_spec task;
  task.kind = "exec";
  task.payload = std::move(payload);
  task.timeout = duration{60'000};
  task.retry.delay_min = duration{500};
  task.retry.growth = retry_policy::backoff::fixed;
  task.retry.crashes_max = 50; // Their workers die of others' fault here.
  return task;
}

/// Gives the task its place: one in two at once, one in four later, one in eight urgent or slow.
void place(planned_task& task, std::uint64_t number, prng& random) {
  switch (number % 8) {
  case 0:
    task.group = "urgent";
    task.spec.priority = 90;
    break;
  case 1:
    task.group = "light queue";
    task.spec.queue = "archive";
    break;
  case 2:
  case 3:
    task.group = "delayed";
    task.spec.priority = 50;
    task.spec.delay = duration{1'000 + static_cast<std::int64_t>(random.below(15'000))};
    break;
  default:
    task.group = "at once";
  }
}

planned_task fails_twice(std::size_t number) {
  planned_task task;
  task.group = "fails twice";
  task.spec = exec_task(command({"sh", "-c",
                                 R"(echo "attempt $BELFRY_ATTEMPT"; )"
                                 R"(test "$BELFRY_ATTEMPT" -ge 3)"}));
  task.spec.priority = 50;
  task.spec.key = "fails-twice-" + std::to_string(number);
  return task;
}

planned_task poison() {
  planned_task task;
  task.group = "poison";
  task.spec.kind = "poison";
  task.spec.key = "poison";
  task.spec.priority = 100;
  task.spec.retry.crashes_max = 3;
  task.spec.retry.delay_min = duration{500};
  task.expected = task_state::dead;
  return task;
}

} // namespace

std::vector<planned_task> plan_files(std::size_t count, const std::string& directory) {
  prng random{1};
  std::vector<planned_task> plan;
  for (const auto& source : files_of_machine(count)) {
    const auto number = plan.size();
    planned_task task;
    task.source = source;
    task.target = directory + "/" + std::to_string(number) + ".gz";
    task.spec = exec_task(compress(source, task.target));
    task.spec.key = "file-" + std::to_string(number);
    place(task, number, random);
    plan.push_back(std::move(task));
  }
  const auto failing = std::max<std::size_t>(1, count / 100);
  for (std::size_t i = 0; i < failing; ++i)
    plan.insert(plan.begin() + static_cast<std::ptrdiff_t>(random.below(plan.size() + 1)),
                fails_twice(i));
  plan.insert(plan.begin() + static_cast<std::ptrdiff_t>(plan.size() / 10), poison());
  return plan;
}

schedule_spec plan_schedule(const std::string& directory) {
  schedule_spec schedule;
  schedule.name = "every-two-seconds";
  schedule.when.line = "*/2 * * * * *";
  schedule.task = exec_task(command({"sh", "-c", R"(date > "$1/$BELFRY_TASK")", "sh", directory}));
  schedule.task.queue = "cron";
  schedule.task.priority = 50;
  return schedule;
}

} // namespace belfry::demo
