#include "cli/crontab_schedules.hpp"

#include "random/hash.hpp"
#include "task/validate.hpp"
#include "text/utf8.hpp"
#include "time/cron_remarks.hpp"
#include "wire/exec_payload.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string_view>
#include <utility>

namespace belfry::shell {

namespace {

constexpr std::size_t owner_bytes_max = 150;

std::string hexadecimal(std::uint64_t sum) {
  std::array<char, 20> text{};
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(sum));
  return text.data();
}

/// The end of `text`, of at most `bytes_max`, without a part of a character.
std::string end_of(const std::string& text, std::size_t bytes_max) {
  auto begin = text.size() - bytes_max;
  while (begin < text.size() && is_continuation_byte(text[begin]))
    ++begin;
  return text.substr(begin);
}

std::string fingerprint(const crontab_entry& entry) {
  constexpr std::string_view gap{"\0", 1};
  auto sum = fnv1a(entry.when.line);
  for (const auto& part : {entry.when.zone, entry.user, entry.command, entry.stdin_text})
    sum = fnv1a(part, fnv1a(gap, sum));
  for (const auto& [name, value] : entry.environment)
    sum = fnv1a(value, fnv1a("=", fnv1a(name, fnv1a(gap, sum))));
  return hexadecimal(sum);
}

std::map<std::string, std::string> environment_of(const crontab_entry& entry,
                                                  const crontab_import& options) {
  const auto& user = entry.user.empty() ? options.user : entry.user;
  const auto home = options.home_of ? options.home_of(user) : std::string{};
  auto environment = entry.environment;
  environment.try_emplace("SHELL", "/bin/sh");
  environment.try_emplace("PATH", "/usr/bin:/bin");
  if (!home.empty())
    environment.try_emplace("HOME", home);
  if (!user.empty())
    environment["LOGNAME"] = environment["USER"] = user; // No setting changes who runs it.
  return environment;
}

exec_payload payload_of(const crontab_entry& entry, const crontab_import& options) {
  exec_payload payload;
  payload.environment = environment_of(entry, options);
  // The PATH of cron does not lead to runuser.
  if (!entry.user.empty() && entry.user != options.user)
    payload.command = {"/sbin/runuser", "-u", entry.user, "--"};
  payload.command.insert(payload.command.end(),
                         {payload.environment.at("SHELL"), "-c", entry.command});
  if (const auto home = payload.environment.find("HOME"); home != payload.environment.end())
    payload.directory = home->second;
  payload.stdin_text = entry.stdin_text;
  return payload;
}

result<schedule_spec> schedule_of(const crontab_entry& entry, const crontab_import& options) {
  auto text = write(payload_of(entry, options));
  if (!text)
    return text.error();
  schedule_spec spec;
  spec.name = options.prefix + fingerprint(entry);
  spec.when = entry.when;
  if (!entry.environment.contains("CRON_TZ"))
    spec.when.zone = options.zone;
  spec.misfire = misfire_policy::skip;
  spec.jitter = entry.delay_max;
  spec.task.kind = "exec";
  spec.task.queue = options.queue;
  spec.task.payload = std::move(*text);
  spec.task.retry.attempts_max = 1;
  return spec;
}

std::vector<std::string> notes_of(const crontab_entry& entry, const schedule_spec& spec,
                                  const crontab_import& options) {
  auto notes = cron_remarks(spec.when, cron_seed(spec.name), options.now);
  const auto& user = entry.user.empty() ? options.user : entry.user;
  if (options.home_of && !environment_of(entry, options).contains("HOME"))
    notes.push_back("this machine does not know the user '" + user +
                    "': the command runs with the worker's HOME, in the worker's directory");
  if (entry.user.empty() && entry.command.starts_with("root "))
    notes.emplace_back("the command begins with 'root'; a crontab with a user column needs "
                       "--system");
  return notes;
}

/// The value of MAILTO that would make cron send the output.
std::string mail_receiver_of(const crontab_entry& entry) {
  const auto mailto = entry.environment.find("MAILTO");
  return mailto == entry.environment.end() ? std::string{} : mailto->second;
}

/// Notes at its first line that nobody gets mail.
void note_mail(scheduled_crontab& made) {
  for (std::size_t i = 0; i < made.entries.size(); ++i)
    if (const auto receiver = mail_receiver_of(made.entries[i]); !receiver.empty())
      return made.notes[i].push_back("MAILTO has no effect: '" + receiver +
                                     "' gets no mail; the output is kept with the task");
}

/// Whether `text` is a fingerprint, perhaps with the suffix of an equal line.
bool is_fingerprint(std::string_view text) {
  constexpr std::string_view digits = "0123456789";
  const auto sum = text.substr(0, 16);
  if (sum.size() < 16 || sum.find_first_not_of("0123456789abcdef") != std::string_view::npos)
    return false;
  const auto suffix = text.substr(16);
  return suffix.empty() || (suffix.size() > 1 && suffix[0] == '-' &&
                            suffix.find_first_not_of(digits, 1) == std::string_view::npos);
}

} // namespace

std::string crontab_prefix(const std::string& owner) {
  constexpr std::size_t end_bytes_max = 130; // With the mark and the fingerprint it is as long.
  if (owner.size() <= owner_bytes_max)
    return "crontab:" + owner + "#";
  return "crontab:…" + end_of(owner, end_bytes_max) + "~" + hexadecimal(fnv1a(owner)) + "#";
}

std::string former_crontab_prefix(const std::string& owner) {
  if (owner.size() <= owner_bytes_max)
    return {};
  return "crontab:…" + owner.substr(owner.size() - owner_bytes_max) + "#";
}

scheduled_crontab schedules_of(crontab read, const crontab_import& options) {
  scheduled_crontab made;
  made.problems = std::move(read.problems);
  std::map<std::string, std::size_t> times_seen;
  for (auto& entry : read.entries) {
    if (entry.user.empty())
      entry.user = options.run_as;
    auto spec = schedule_of(entry, options);
    if (spec)
      if (const auto times = ++times_seen[spec->name]; times > 1)
        spec->name += "-" + std::to_string(times);
    const auto rule =
        spec.and_then([&](const auto& known) { return rule_due_after(known, options.now); });
    if (!rule) {
      made.problems.push_back({entry.line_number, rule.error().what});
      continue;
    }
    made.notes.push_back(notes_of(entry, *spec, options));
    made.entries.push_back(std::move(entry));
    made.schedules.push_back(std::move(*spec));
  }
  note_mail(made);
  std::stable_sort(made.problems.begin(), made.problems.end(),
                   [](const auto& a, const auto& b) { return a.line_number < b.line_number; });
  return made;
}

crontab_changes changes_of(const scheduled_crontab& made, const std::string& prefix,
                           const std::string& former_prefix,
                           const std::vector<schedule_info>& present) {
  std::map<std::string_view, const schedule_spec*> stored;
  for (const auto& schedule : present)
    stored.emplace(schedule.spec.name, &schedule.spec);
  crontab_changes changes;
  for (std::size_t i = 0; i < made.schedules.size(); ++i) {
    const auto& wanted = made.schedules[i];
    const auto found = stored.find(wanted.name);
    const bool is_known = found != stored.end();
    if (!is_known || *found->second != wanted)
      changes.puts.push_back(i);
    if (is_known && *found->second != wanted)
      ++changes.updates;
    if (is_known)
      stored.erase(found);
    const auto former_name = former_prefix + wanted.name.substr(prefix.size());
    if (!former_prefix.empty() && stored.erase(former_name) > 0)
      changes.replaced.push_back(former_name);
  }
  for (const auto& [name, spec] : stored)
    if (name.starts_with(prefix) && is_fingerprint(name.substr(prefix.size())))
      changes.gone.emplace_back(name);
  return changes;
}

} // namespace belfry::shell
