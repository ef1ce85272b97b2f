// belfry submit
#include "cli/command_line/option_table.hpp"
#include "cli/flags.hpp"
#include "cli/settled_wait.hpp"
#include "cli/submit_options.hpp"
#include "cli/text/json_text.hpp"
#include "cli/text/schedule_notes.hpp"

#include "os/input_file.hpp"
#include "os/system_clock.hpp"
#include "task/validate.hpp"
#include "text/printable.hpp"
#include "time/cron_remarks.hpp"
#include "time/retry.hpp"
#include "time/time_text.hpp"
#include "wire/exec_payload.hpp"

#include <CLI/Option.hpp>

#include <chrono>
#include <iostream>
#include <memory>
#include <optional>
#include <utility>

namespace belfry::shell {

namespace {

constexpr auto submit_examples = R"(Examples:
  belfry submit mail '{"to": "a@example.org"}'             run a task of the kind 'mail' now
  belfry submit exec --in 5m -- gzip big.log               a command, in five minutes
  belfry submit exec --shell 'df -h > /tmp/space' --wait   through /bin/sh, and wait for it
  belfry submit mail --file letter.json --at 2026-12-24T18:00 --tz Europe/Berlin
  belfry submit exec --cron '*/5 * * * *' --name sync -- /usr/local/bin/sync-mail
  belfry submit --stream < tasks.jsonl                     one task per line

A line of a stream is a JSON object: kind, payload, queue, priority, key, in, at, start_by,
complete_by, timeout, retries, retry, retention, key_ttl, command (for exec), payload_base64.)";

/// Moves the option to the group about schedules in the help.
void group_schedule(CLI::Option* option, const std::string& type) {
  option->type_name(type)->group("Schedules");
}

void add_schedule_options(CLI::App& command, submit_options& options) {
  auto& spec = options.schedule;
  auto* cron = command.add_option("--cron", spec.when.line,
                                  "Create a recurring schedule: five fields, or six with seconds "
                                  "first, or @daily, @hourly, …, '@every 90s', or @reboot");
  group_schedule(cron, "LINE");
  auto* name = command.add_option("--name", spec.name,
                                  "Name of the schedule; replaces a schedule "
                                  "of that name");
  name->type_name("NAME")->group("Schedules")->needs(cron);
  cron->needs(name);
  group_schedule(add_choice(command, "--misfire", spec.misfire,
                            {{"skip", misfire_policy::skip},
                             {"run-once", misfire_policy::run_once},
                             {"run-all", misfire_policy::run_all}},
                            "Runs missed while no node was up: skip, run-once (default), run-all"),
                 "POLICY");
  add_number(command, "--catch-up", spec.catch_up_max, 0, catch_up_limit,
             "With run-all: run at most this many missed occurrences (default 10)")
      ->type_name("COUNT")
      ->group("Schedules");
  group_schedule(
      add_choice(
          command, "--overlap", spec.overlap,
          {{"skip", overlap_policy::skip},
           {"queue-one", overlap_policy::queue_one},
           {"allow", overlap_policy::allow},
           {"cancel-other", overlap_policy::cancel_other}},
          "If the previous run is still active: skip, queue-one, allow (default), cancel-other"),
      "POLICY");
  group_schedule(add_choice(command, "--gap", spec.when.gap,
                            {{"run-after", gap_policy::run_after}, {"skip", gap_policy::skip}},
                            "For a local time that the clocks skip: run-after (default), skip"),
                 "POLICY");
  group_schedule(
      add_choice(command, "--repeated-hour", spec.when.repeated_hour,
                 {{"first", repeated_hour_policy::first}, {"both", repeated_hour_policy::both}},
                 "For a local time that occurs twice: first (default), both"),
      "POLICY");
  add_duration(command, "--jitter", spec.jitter, "Maximum random delay of each run")
      ->group("Schedules");
}

void add_task_options(CLI::App& command, submit_options& options, const program& belfry) {
  auto& task = options.task;
  auto* in = add_duration(command, "--in", task.delay, "Delay before the task becomes due");
  auto* at = add_instant(command, "--at", task.due, belfry.zone, "Earliest start time");
  at->excludes(in);
  add_instant(command, "--start-by", task.start_by, belfry.zone,
              "Expire the task if its first attempt has not started by this time; retries may "
              "start later");
  add_instant(command, "--complete-by", task.complete_by, belfry.zone,
              "Start no attempt, not even a retry, after this time: the task expires; a run that "
              "has begun is not ended");
  command.add_option("--queue", task.queue, "Queue of the task (default: default)")
      ->type_name("NAME");
  add_number(command, "--priority", task.priority, priority_min, priority_max,
             "Higher runs first within its queue, -100 to 100")
      ->type_name("NUMBER");
  command
      .add_option("--key", task.key,
                  "Idempotency key: resubmitting with the same key returns the existing task")
      ->type_name("TEXT");
  add_duration(command, "--key-ttl", task.key_ttl, "How long the key is remembered (default 1d)");
  add_number(command, "--retries", options.retries, 0, retries_max,
             "Maximum number of retries, up to " + std::to_string(retries_max) + " (default 4)")
      ->type_name("COUNT");
  add_duration(command, "--retry-delay", task.retry.delay_min,
               "Delay before the first retry; doubles each time (default 1s)");
  auto* run_timeout = add_duration(command, "--run-timeout", task.timeout,
                                   "Time limit of one attempt (default: none)");
  add_duration(command, "--timeout", task.timeout, "Former name of --run-timeout")
      ->group("")
      ->excludes(run_timeout);
  add_duration(
      command, "--retention", task.retention,
      "How long the settled task is kept (default 1h; less if its shard has settled more later "
      "ones than it remembers: belfry node --settled-tasks-max)");
}

/// Of a wait: longer than tasks last.
constexpr duration no_limit{std::chrono::hours{24 * 366}};

result<std::string> exec_text(const submit_options& options) {
  exec_payload payload;
  payload.command = options.arguments;
  payload.shell = options.is_shell;
  payload.directory = options.directory;
  for (const auto& setting : options.environment) {
    const auto equals = setting.find('=');
    payload.environment[setting.substr(0, equals)] = setting.substr(equals + 1);
  }
  if (!options.file.empty()) {
    auto text = read_file(options.file);
    if (!text)
      return text.error();
    payload.stdin_text = std::move(*text);
  }
  return write(payload);
}

result<std::string> payload_text(const submit_options& options) {
  if (options.task.kind == "exec" && !options.arguments.empty())
    return exec_text(options);
  if (!options.file.empty())
    return read_file(options.file);
  if (options.arguments.empty())
    return std::string{};
  return options.arguments.front() == "-" ? read_file("-") : options.arguments.front();
}

void print_submitted(const program& belfry, const submitted& accepted) {
  if (belfry.is_json)
    std::cout << one_line(to_json(accepted)) << '\n';
  else if (accepted.is_deferred)
    std::cout << "accepted by an outbox, under the key '" << printable(accepted.key)
              << "': it has no id until its shard is reachable\n";
  else
    std::cout << to_string(accepted.id)
              << (accepted.is_duplicate ? "  (existing task with this key)" : "") << '\n';
}

result<exit_code> submit_one(program& belfry, const submit_options& options) {
  const auto node = belfry.node();
  if (!node)
    return node.error();
  const auto accepted = (*node)->submit(options.task, belfry.request_timeout);
  if (!accepted)
    return accepted.error();
  if (options.is_wait && accepted->is_deferred)
    return failure{errc::unavailable, "the task is accepted, under the key '" + accepted->key +
                                          "', but stays in an outbox until its shard is reachable, "
                                          "and so cannot be waited for"};
  if (options.is_wait) {
    print_accepted(belfry, *accepted);
    const auto settled =
        wait_until_settled(belfry, **node, accepted->id, options.wait_timeout.value_or(no_limit));
    if (!settled)
      return settled.error();
    return report_settled(belfry, *settled);
  }
  print_submitted(belfry, *accepted);
  if (!std::cout.flush() && !accepted->is_deferred)
    print_accepted(belfry, *accepted); // Nobody else knows the id.
  return exit_code::ok;
}

/// The schedule of this name that the node has, if it differs; nothing: there is none, or the node
/// does not say.
std::optional<schedule_spec> different_schedule(const program& belfry, client& node,
                                                const schedule_spec& spec) {
  const auto present = node.schedules().list(belfry.request_timeout);
  if (present)
    for (const auto& schedule : *present)
      if (schedule.spec.name == spec.name && schedule.spec != spec)
        return schedule.spec;
  return std::nullopt;
}

void print_set(const program& belfry, const schedule_spec& spec,
               const std::optional<schedule_spec>& replaced, instant now) {
  constexpr std::size_t next_count = 3;
  for (const auto& remark : cron_remarks(spec.when, cron_seed(spec.name), now))
    print_note(belfry, std::nullopt, remark);
  const auto times = next_times(spec, now, next_count);
  if (!belfry.is_json) {
    std::cout << "schedule '" << printable(spec.name) << "' is ";
    if (replaced)
      std::cout << "replaced (was " << printable(replaced->when.line) << " in "
                << printable(replaced->when.zone) << ", kind " << printable(replaced->task.kind)
                << ')';
    else
      std::cout << "set";
    std::cout << ": " << printable(spec.when.line) << " (" << spec.when.zone << "), due "
              << (times.empty() ? "" : "at ") << due_text(spec.when, times, spec.when.zone) << '\n';
    return;
  }
  json document{{"schedule", spec.name}, {"next", json::array()}};
  if (replaced)
    document["replaced"] = json{{"cron", replaced->when.line},
                                {"zone", replaced->when.zone},
                                {"kind", replaced->task.kind}};
  for (const auto at : times)
    document["next"].push_back(format_utc(at));
  std::cout << one_line(document) << '\n';
}

result<exit_code> put_schedule(program& belfry, const submit_options& options) {
  auto spec = options.schedule;
  spec.task = options.task;
  const auto now = system_clock{}.now();
  if (const auto rule = rule_due_after(spec, now); !rule)
    return rule.error();
  const auto node = belfry.node();
  if (!node)
    return node.error();
  const auto replaced = different_schedule(belfry, **node, spec);
  if (const auto put = (*node)->schedules().put(spec, belfry.request_timeout); !put)
    return put.error();
  print_set(belfry, spec, replaced, now);
  return exit_code::ok;
}

/// Completes the options from each other; a contradiction is a usage error.
void settle(submit_options& options, const program& belfry) {
  const bool is_exec = options.task.kind == "exec";
  const bool is_schedule = !options.schedule.when.line.empty();
  require(options.is_stream || !options.task.kind.empty(), "KIND", "is missing");
  require(is_exec || options.is_stream || options.arguments.size() <= 1, "PAYLOAD",
          "is one argument; quote it, or read it with --file");
  require(is_exec || options.arguments.empty() || options.file.empty(), "--file",
          "excludes a payload on the command line");
  require(is_exec || (!options.is_shell && options.directory.empty()), "--shell, --directory",
          "are for the kind exec");
  for (const auto& setting : options.environment)
    require(setting.find('=') != std::string::npos && setting.front() != '=', "--env",
            "is '" + setting + "', expected NAME=VALUE");
  require(!is_exec || options.is_stream || !options.arguments.empty() || !options.file.empty(),
          "PAYLOAD", "is missing: the command, after --, as in: belfry submit exec -- ls -l");
  require(!options.wait_timeout || options.is_wait, "--wait-timeout", "is for --wait");
  require(!options.is_shell || options.arguments.size() == 1, "--shell",
          "takes the command as one argument; quote it");
  require(!options.is_stream || (options.task.kind.empty() && options.arguments.empty()),
          "--stream",
          "takes no KIND and no payload: each line has its own; name a file with --file");
  require(!is_schedule || (!options.task.due && options.task.delay.count() == 0 &&
                           !options.is_wait && !options.is_stream && options.task.key.empty()),
          "--cron", "excludes --in, --at, --key, --wait and --stream");
  options.schedule.when.zone = belfry.zone;
  options.task.retry.attempts_max = options.retries + 1;
}

/// What a task of the kind exec runs.
void add_command_options(CLI::App& command, submit_options& options) {
  command
      .add_option(
          "--file", options.file,
          "Read the payload (for exec: its standard input) from a file, or - for standard input")
      ->type_name("PATH");
  command.add_flag("--shell", options.is_shell,
                   "exec: run the command, one string, with /bin/sh -c");
  command.add_option("--directory", options.directory, "exec: working directory")
      ->type_name("PATH");
  command.add_option("--env", options.environment, "exec: add NAME=VALUE to its environment")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
}

} // namespace

result<done> check_exec_payload(const task_spec& task) {
  if (task.kind != "exec")
    return done{};
  const auto payload = parse_exec_payload(task.payload);
  if (!payload)
    return failure{errc::invalid_argument,
                   "the payload of a task of the kind exec: " + payload.error().what};
  return done{};
}

void add_submit(CLI::App& app, program& belfry) {
  auto options = std::make_shared<submit_options>();
  auto* command = app.add_subcommand("submit", "Submit a task, a stream of tasks, or a schedule");
  command->footer(submit_examples);
  command
      ->add_option("KIND", options->task.kind,
                   "Kind of the task: names its handler; exec runs a command")
      ->type_name("");
  command
      ->add_option(
          "PAYLOAD", options->arguments,
          "Payload for the handler, or - for standard input. For exec: the command, after --")
      ->type_name("");
  add_command_options(*command, *options);
  add_task_options(*command, *options, belfry);
  command->add_flag(
      "--wait", options->is_wait,
      "Wait until the task is settled; the exit status says whether it succeeded. "
      "The wait goes on if a node that is lost answers again within --request-timeout");
  add_duration(*command, "--wait-timeout", options->wait_timeout,
               "With --wait: give up after this long, the task goes on (default: never)");
  command->add_flag("--stream", options->is_stream,
                    "Submit one task per line of --file or of the standard input");
  add_schedule_options(*command, *options);
  group_options(*command, "Commands (kind exec)", {"--shell", "--directory", "--env"});
  group_options(*command, "When, and how often",
                {"--in", "--at", "--start-by", "--complete-by", "--retries", "--retry-delay",
                 "--run-timeout"});
  group_options(*command, "Waiting", {"--wait", "--wait-timeout"});
  command->callback([&belfry, options] {
    settle(*options, belfry);
    belfry.chosen = [&belfry, options]() -> result<exit_code> {
      if (options->is_stream)
        return submit_stream(belfry, *options);
      auto payload = payload_text(*options);
      if (!payload)
        return payload.error();
      options->task.payload = std::move(*payload);
      if (const auto checked = check_exec_payload(options->task); !checked)
        return checked.error();
      return options->schedule.when.line.empty() ? submit_one(belfry, *options)
                                                 : put_schedule(belfry, *options);
    };
  });
}

} // namespace belfry::shell
