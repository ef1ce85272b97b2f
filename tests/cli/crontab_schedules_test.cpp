#include "cli/crontab_schedules.hpp"

#include "text/utf8.hpp"
#include "wire/exec_payload.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

using namespace belfry;
using namespace belfry::shell;

namespace {

crontab_import options() {
  return {.prefix = "p#",
          .zone = "Asia/Tokyo",
          .queue = "cron",
          .user = "me",
          .home_of = [](const std::string& user) {
            return user == "nobody" ? std::string{} : "/home/" + user;
          }};
}

std::vector<schedule_spec> import(std::string_view text, bool has_user_column = false) {
  const auto made = schedules_of(read_crontab(text, has_user_column), options());
  REQUIRE(made.problems.empty());
  return made.schedules;
}

/// What a node has that keeps `schedules`.
std::vector<schedule_info> kept(const std::vector<schedule_spec>& schedules) {
  std::vector<schedule_info> present;
  for (const auto& spec : schedules) {
    schedule_info known;
    known.spec = spec;
    present.push_back(known);
  }
  return present;
}

exec_payload payload_of(const schedule_spec& spec) {
  return *parse_exec_payload(spec.task.payload);
}

} // namespace

TEST_CASE("a line of a crontab becomes a schedule of the kind exec", "[cli]") {
  const auto schedules = import("LANG=C\n*/5 * * * * cat > /tmp/x%one%two\n");
  REQUIRE(schedules.size() == 1);
  const auto& spec = schedules[0];
  CHECK(spec.name.find("p#") == 0);
  CHECK(spec.when.line == "*/5 * * * *");
  CHECK(spec.task.kind == "exec");
  CHECK(spec.task.queue == "cron");
  CHECK(spec.task.retry.attempts_max == 1);
  CHECK(spec.misfire == misfire_policy::skip);
  const auto payload = payload_of(spec);
  CHECK(payload.command == std::vector<std::string>{"/bin/sh", "-c", "cat > /tmp/x"});
  CHECK(payload.stdin_text == "one\ntwo\n");
  CHECK(payload.environment.at("LANG") == "C");
}

TEST_CASE("a line is in the zone of CRON_TZ, or else in the default zone", "[cli]") {
  const auto schedules =
      import("@daily a\nCRON_TZ=Europe/Berlin\n@daily b\nCRON_TZ=UTC\n@daily c\n");
  CHECK(schedules[0].when.zone == "Asia/Tokyo");
  CHECK(schedules[1].when.zone == "Europe/Berlin");
  CHECK(schedules[2].when.zone == "UTC");
}

TEST_CASE("the SHELL of a crontab runs its commands", "[cli]") {
  CHECK(payload_of(import("SHELL=/bin/bash\n@daily a\n")[0]).command[0] == "/bin/bash");
}

TEST_CASE("a line of another user runs through runuser", "[cli]") {
  const auto schedules = import("@daily me a\n@daily root b\n", true);
  CHECK(payload_of(schedules[0]).command.front() == "/bin/sh");
  CHECK(payload_of(schedules[1]).command ==
        std::vector<std::string>{"/sbin/runuser", "-u", "root", "--", "/bin/sh", "-c", "b"});
}

TEST_CASE("the same line makes the same name at any position", "[cli]") {
  const auto before = import("@daily a\n@hourly b\n");
  const auto after = import("# a remark\n@hourly b\n\n@daily a\n");
  CHECK(before[0].name == after[1].name);
  CHECK(before[1].name == after[0].name);
}

TEST_CASE("every part of a line changes its name", "[cli]") {
  std::set<std::string> names;
  for (const auto* text : {"@daily a\n", "@daily b\n", "@hourly a\n", "@daily a%x\n",
                           "X=1\n@daily a\n", "X=2\n@daily a\n", "CRON_TZ=UTC\n@daily a\n"})
    names.insert(import(text)[0].name);
  CHECK(names.size() == 7);
}

TEST_CASE("equal lines make as many schedules", "[cli]") {
  const auto schedules = import("@daily a\n@daily a\n@daily a\n");
  CHECK(schedules[1].name == schedules[0].name + "-2");
  CHECK(schedules[2].name == schedules[0].name + "-3");
}

TEST_CASE("a line that cannot be a schedule is a problem, and the others become schedules",
          "[cli]") {
  auto in_no_zone = options();
  in_no_zone.zone = "Mars/Base";
  const std::string text = "@daily caf\xE9\n61 * * * * a\n@daily b\nCRON_TZ=UTC\n@daily c\n";
  const auto made = schedules_of(read_crontab(text, false), in_no_zone);
  REQUIRE(made.problems.size() == 3);
  CHECK(made.problems[0].line_number == 1);
  CHECK(made.problems[0].what.find("UTF-8") != std::string::npos);
  CHECK(made.problems[1].line_number == 2);
  CHECK(made.problems[2].line_number == 3);
  CHECK(made.problems[2].what.find("Mars/Base") != std::string::npos);
  REQUIRE(made.schedules.size() == 1);
  CHECK(made.entries[0].command == "c");
}

TEST_CASE("RANDOM_DELAY becomes the jitter of a schedule", "[cli]") {
  CHECK(import("RANDOM_DELAY=5\n@daily a\n")[0].jitter == std::chrono::minutes{5});
}

TEST_CASE("a command runs with cron's environment, in the home directory", "[cli]") {
  const auto payload = payload_of(import("@daily a\n")[0]);
  CHECK(payload.environment == std::map<std::string, std::string>{{"HOME", "/home/me"},
                                                                  {"LOGNAME", "me"},
                                                                  {"PATH", "/usr/bin:/bin"},
                                                                  {"SHELL", "/bin/sh"},
                                                                  {"USER", "me"}});
  CHECK(payload.directory == "/home/me");
}

TEST_CASE("settings change cron's environment, but not who the user is", "[cli]") {
  const auto payload = payload_of(import(
      "HOME=/srv\nPATH=/opt/bin\nSHELL=/bin/bash\nLOGNAME=you\nUSER=you\nX=1\n@daily a\n")[0]);
  CHECK(payload.environment == std::map<std::string, std::string>{{"HOME", "/srv"},
                                                                  {"LOGNAME", "me"},
                                                                  {"PATH", "/opt/bin"},
                                                                  {"SHELL", "/bin/bash"},
                                                                  {"USER", "me"},
                                                                  {"X", "1"}});
  CHECK(payload.directory == "/srv");
  CHECK(payload.command[0] == "/bin/bash");
}

TEST_CASE("a line of another user runs in the home directory of that user", "[cli]") {
  const auto schedules = import("@daily root a\n@daily nobody b\n", true);
  CHECK(payload_of(schedules[0]).directory == "/home/root");
  CHECK(payload_of(schedules[0]).environment.at("USER") == "root");
  CHECK(payload_of(schedules[1]).directory.empty());
  CHECK_FALSE(payload_of(schedules[1]).environment.contains("HOME"));
  CHECK(payload_of(schedules[1]).environment.at("LOGNAME") == "nobody");
}

TEST_CASE("a crontab of another user needs no user column", "[cli]") {
  auto of_anna = options();
  of_anna.run_as = "anna";
  const auto made = schedules_of(read_crontab("@daily a b\n", false), of_anna);
  REQUIRE(made.schedules.size() == 1);
  CHECK(payload_of(made.schedules[0]).command ==
        std::vector<std::string>{"/sbin/runuser", "-u", "anna", "--", "/bin/sh", "-c", "a b"});
  CHECK(payload_of(made.schedules[0]).directory == "/home/anna");
}

TEST_CASE("an import changes what is new or otherwise on the node, and knows what is gone",
          "[cli]") {
  const auto before = import("@daily a\n@daily b\n@daily c\n");
  auto other_queue = options();
  other_queue.queue = "night";
  const auto same = schedules_of(read_crontab("@daily a\n@daily b\n", false), options());
  auto changes = changes_of(same, "p#", "", kept(before));
  CHECK(changes.puts.empty());
  CHECK(changes.gone == std::vector{before[2].name});

  const auto moved = schedules_of(read_crontab("@daily b\n@daily d\n", false), other_queue);
  changes = changes_of(moved, "p#", "", kept(before));
  CHECK(changes.puts == std::vector<std::size_t>{0, 1});
  CHECK(changes.updates == 1);
  CHECK(changes.gone.size() == 2);
  CHECK(changes.replaced.empty());
}

TEST_CASE("the schedules of an owner are never those of another owner", "[cli]") {
  auto of_longer = options();
  of_longer.prefix = "p#q#";
  auto of_fingerprint = options();
  of_fingerprint.prefix = "p#0123456789abcdef#";
  auto present = kept(schedules_of(read_crontab("@daily a\n", false), of_longer).schedules);
  for (const auto& schedule :
       kept(schedules_of(read_crontab("@daily a\n", false), of_fingerprint).schedules))
    present.push_back(schedule);
  schedule_info by_hand;
  for (const auto* name : {"p#", "p#backup", "p#0123456789abcdef-", "p#0123456789abcdef-2x",
                           "p#0123456789abcdeg", "p#0123456789abcde"}) {
    by_hand.spec.name = name;
    present.push_back(by_hand);
  }
  CHECK(changes_of({}, "p#", "", present).gone.empty());
  by_hand.spec.name = "p#0123456789abcdef-2";
  present.push_back(by_hand);
  CHECK(changes_of({}, "p#", "", present).gone == std::vector{by_hand.spec.name});
}

TEST_CASE("an equal schedule under the former prefix is replaced, others stay", "[cli]") {
  auto of_former = options();
  of_former.prefix = "former#";
  const auto former = schedules_of(read_crontab("@daily a\n@daily b\n", false), of_former);
  const auto made = schedules_of(read_crontab("@daily a\n@daily c\n", false), options());
  const auto changes = changes_of(made, "p#", "former#", kept(former.schedules));
  CHECK(changes.puts.size() == 2);
  CHECK(changes.replaced == std::vector{former.schedules[0].name});
  CHECK(changes.gone.empty());
}

TEST_CASE("what the author of a crontab may not expect is noted at its line", "[cli]") {
  const auto made = schedules_of(
      read_crontab("@daily a\nMAILTO=\n@daily b\nMAILTO=me@example.org\n*/7 * * * * c\n@daily d\n"
                   "@hourly root e\n",
                   false),
      options());
  REQUIRE(made.notes.size() == 5);
  CHECK(made.notes[0].empty());
  CHECK(made.notes[1].empty());
  REQUIRE(made.notes[2].size() == 2);
  CHECK(made.notes[2][0].find("'*/7'") != std::string::npos);
  CHECK(made.notes[2][1].find("'me@example.org' gets no mail") != std::string::npos);
  CHECK(made.notes[3].empty());
  REQUIRE(made.notes[4].size() == 1);
  CHECK(made.notes[4][0].find("--system") != std::string::npos);
}

TEST_CASE("a user that the machine does not know is noted, unless HOME is set", "[cli]") {
  const auto made =
      schedules_of(read_crontab("@daily nobody a\nHOME=/\n@daily nobody b\n", true), options());
  REQUIRE(made.notes.size() == 2);
  REQUIRE(made.notes[0].size() == 1);
  CHECK(made.notes[0][0].find("'nobody'") != std::string::npos);
  CHECK(made.notes[1].empty());
}

TEST_CASE("a line at boot becomes a schedule, each time the same", "[cli]") {
  const auto made = schedules_of(read_crontab("@reboot warm\n@daily tidy\n", false), options());
  REQUIRE(made.problems.empty());
  REQUIRE(made.schedules.size() == 2);
  CHECK(made.schedules[0].when.line == "@reboot");
  CHECK(payload_of(made.schedules[0]).command.back() == "warm");
  REQUIRE(made.notes[0].size() == 1);
  CHECK_THAT(made.notes[0][0], Catch::Contains("runs it when it boots"));

  CHECK(changes_of(made, "p#", "", kept(made.schedules)).puts.empty());
  const auto without = schedules_of(read_crontab("@daily tidy\n", false), options());
  CHECK(changes_of(without, "p#", "", kept(made.schedules)).gone ==
        std::vector<std::string>{made.schedules[0].name});
}

TEST_CASE("a line that never comes is a problem", "[cli]") {
  const auto made = schedules_of(read_crontab("0 0 31 2,4 * a\n@daily b\n", false), options());
  REQUIRE(made.problems.size() == 1);
  CHECK(made.problems[0].what ==
        "cron: '0 0 31 2,4 *' never comes: no day of the next 50 years is what its fields say");
  CHECK(made.schedules.size() == 1);
}

TEST_CASE("owners with the same end have prefixes of their own", "[cli]") {
  const std::string end = "/" + std::string(160, 'x') + "/crontab";
  CHECK(crontab_prefix("/a" + end) != crontab_prefix("/b" + end));
  CHECK(former_crontab_prefix("/a" + end) == former_crontab_prefix("/b" + end));
  CHECK(crontab_prefix("/a" + end).ends_with("#"));
  CHECK(crontab_prefix("/a" + end).size() <= former_crontab_prefix("/a" + end).size());
  CHECK(crontab_prefix("/etc/crontab") == "crontab:/etc/crontab#");
  CHECK(former_crontab_prefix("/etc/crontab").empty());
}

TEST_CASE("the prefix of a long owner has no part of a character", "[cli]") {
  for (const std::string start : {"", "x", "xx"}) {
    std::string owner = start;
    for (int i = 0; i < 100; ++i)
      owner += "ä€";
    CHECK(is_utf8(crontab_prefix(owner)));
  }
}
