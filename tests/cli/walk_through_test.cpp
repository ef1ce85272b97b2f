// The program as a user meets it: a real node, and commands to it through a real shell.
#include "node_program.hpp"

#include "support/own_loopback.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <fstream>

using namespace belfry::test;

namespace {

/// A node that keeps its tasks in a directory.
struct node_fixture : temporary_directory, node_program {
  node_fixture() : node_program("--data " + directory + "/data --shards 2") {}
};

} // namespace

TEST_CASE_METHOD(node_fixture, "a command runs as a task and its output comes back", "[cli]") {
  const auto good = belfry("submit exec --wait -- echo -n good morning");
  CHECK(good.status == 0);
  CHECK(good.contains("succeeded"));
  CHECK(good.contains("good morning"));

  const auto bad = belfry("submit exec --retries 0 --wait --shell 'echo no >&2; exit 3'");
  CHECK(bad.status == 1);
  CHECK(bad.contains("dead"));
  CHECK(bad.contains("exit_status"));
  CHECK(belfry("list --state dead").contains("exec"));
  CHECK(belfry("requeue --all-dead").contains("1 task requeued"));
}

TEST_CASE_METHOD(node_fixture, "a task can be followed from submit to cancel", "[cli]") {
  const auto id = belfry("submit exec --in 1h -- true").word();
  CHECK(belfry("explain " + id).contains("waiting_until_due"));
  CHECK(belfry("get " + id + " --json").contains("\"state\":\"scheduled\""));
  CHECK(belfry("list --state scheduled --queue default --json").contains("\"id\":\"" + id + "\""));
  CHECK(belfry("list --queue other").contains("no tasks match"));
  CHECK(belfry("wait " + id + " --timeout 100ms").status == 5);
  CHECK(belfry("cancel " + id).status == 0);
  CHECK(belfry("wait " + id).status == 1);
  CHECK(belfry("get " + id).contains("cancelled"));
  CHECK(belfry("cancel " + id).status == 0); // It is what was asked for.
  CHECK(belfry("get 0-99999").status == 4);
  CHECK(belfry("get 9-1").status == 4);
}

TEST_CASE_METHOD(node_fixture, "a task that waits can be changed, moved and run now", "[cli]") {
  const auto id = belfry("submit letter one --in 1h").word();
  CHECK(belfry("change " + id + " --priority 7 --payload two").text == id + " changed\n");
  const auto changed = belfry("get " + id);
  CHECK(changed.contains("priority 7"));
  CHECK(changed.contains("payload   two"));
  CHECK(belfry("change " + id + " --queue post").status == 0);
  CHECK(belfry("list --queue post").contains("letter"));
  CHECK(belfry("reschedule " + id + " --in 2h --json").contains("\"is_done\":true"));
  CHECK(belfry("explain " + id).contains("waiting_until_due"));
  CHECK(belfry("run-now " + id).text == id + " is due now\n");
  CHECK(belfry("explain " + id).contains("no_worker_for_kind"));

  const auto command = belfry("submit exec --in 1h -- true").word();
  const auto wrong = belfry("change " + command + " --payload true");
  CHECK(wrong.status == 1);
  CHECK(wrong.contains("the payload of a task of the kind exec"));
  CHECK(belfry("run-now " + command).status == 0);
  CHECK(belfry("wait " + command).status == 0);
  const auto late = belfry("reschedule " + command + " --in 1h");
  CHECK(late.status == 1);
  CHECK(late.contains("is succeeded, only a task that waits"));
  CHECK(belfry("run-now 0-99999").status == 4);
}

TEST_CASE_METHOD(node_fixture, "a task shows the errors of its last attempts", "[cli]") {
  const auto id = belfry("submit exec --retries 1 --retry-delay 1ms --run-timeout 1min "
                         "--shell 'exit 3'")
                      .word();
  REQUIRE(belfry("wait " + id).status == 1);
  const auto shown = belfry("get " + id);
  CHECK(shown.contains("\n  limit     1min for each attempt\n"));
  CHECK(shown.contains("\n  retries   1 time, after 1ms; dead after 3 lost workers\n"));
  CHECK(shown.contains("\n  error  "));
  CHECK(shown.contains("\n  earlier  "));
  CHECK(belfry("explain " + id).contains("it is settled, and runs again only if it is requeued"));
}

TEST_CASE_METHOD(node_fixture, "tasks are deleted by id, dead ones all together", "[cli]") {
  const auto waiting = belfry("submit letter --in 1h").word();
  CHECK(belfry("delete " + waiting).text == waiting + " deleted\n");
  const auto gone = belfry("get " + waiting);
  CHECK(gone.status == 4);
  CHECK(gone.contains("is forgotten: it was deleted, "));
  const auto kept = belfry("submit letter --in 1h").word();
  CHECK(belfry("submit exec --retries 0 --wait -- false").status == 1);
  CHECK(belfry("delete --all-dead --dry-run").text == "1 task would be deleted\n");
  CHECK(belfry("delete --all-dead").text == "1 task deleted\n");
  CHECK(belfry("list --state dead").contains("no tasks match"));
  CHECK(belfry("get " + kept).status == 0);
}

TEST_CASE_METHOD(node_fixture, "a key makes a submission repeatable", "[cli]") {
  const auto first = belfry("submit exec --in 1h --key once -- true");
  const auto second = belfry("submit exec --in 1h --key once -- true");
  CHECK(second.status == 0);
  CHECK(second.word() == first.word());
  CHECK(second.contains("existing task"));
}

TEST_CASE_METHOD(node_fixture, "a paused queue starts nothing", "[cli]") {
  CHECK(belfry("pause slow").status == 0);
  const auto id = belfry("submit exec --queue slow -- true").word();
  CHECK(belfry("explain " + id).contains("queue_paused"));
  CHECK(belfry("queue set slow --weight 7 --durability relaxed").status == 0);
  const auto queues = belfry("queues --json");
  CHECK(queues.contains("\"is_paused\":true"));
  CHECK(queues.contains("\"weight\":7"));
  CHECK(belfry("resume slow").status == 0);
  CHECK(belfry("wait " + id).status == 0);
}

TEST_CASE_METHOD(node_fixture, "a stream submits a task per line and reports invalid lines",
                 "[cli]") {
  std::ofstream{directory + "/tasks.jsonl"} << R"({"command": ["true"], "in": "1h"})"
                                            << "\nnonsense\n"
                                            << R"({"command": "exit 0", "in": "1h"})"
                                            << "\n";
  const auto all = belfry("submit --stream --queue bulk --file " + directory + "/tasks.jsonl");
  CHECK(all.status == 1);
  CHECK(all.contains("2 tasks accepted, 0 duplicates, 1 refused"));
  CHECK(all.contains("line 2: not a JSON document"));
  const auto misplaced = belfry("submit --stream " + directory + "/tasks.jsonl");
  CHECK(misplaced.status == 2);
  CHECK(misplaced.contains("name a file with --file"));
  const auto json = belfry("submit --stream --json", "cat " + directory + "/tasks.jsonl |");
  CHECK(json.contains("\"line\":3"));
  CHECK(belfry("cancel --queue bulk").contains("2 tasks cancelled"));
}

TEST_CASE_METHOD(node_fixture, "schedules are made, listed and removed", "[cli]") {
  CHECK(belfry("submit exec --cron '0 3 * * *' --tz Europe/Berlin --name nightly -- true").status ==
        0);
  const auto bad = belfry("submit exec --cron '0 25 * * *' --name bad -- true");
  CHECK(bad.status == 1);
  CHECK(bad.contains("25"));
  const auto listed = belfry("schedules");
  CHECK(listed.contains("nightly"));
  CHECK(listed.contains("Europe/Berlin"));
  CHECK(belfry("schedule rm nightly").status == 0);
  CHECK(belfry("schedule rm nightly").status == 4);
}

TEST_CASE_METHOD(node_fixture, "a schedule is paused, resumed, triggered, changed and shown",
                 "[cli]") {
  REQUIRE(belfry("submit exec --cron '30 4 1 1 *' --tz UTC --name yearly -- true").status == 0);
  CHECK(belfry("schedule pause yearly").text == "schedule 'yearly' is paused\n");
  CHECK(belfry("schedules").contains("paused"));
  CHECK(belfry("schedule show yearly").contains("state     paused"));
  CHECK(belfry("schedule trigger yearly").text == "schedule 'yearly' is triggered\n");
  const auto id = belfry("list --schedule yearly --wide").text;
  CHECK(id.find("exec") != std::string::npos);
  CHECK(belfry("schedule resume yearly").text == "schedule 'yearly' is resumed\n");
  CHECK(belfry("schedule set yearly --tz Europe/Berlin").status == 0);
  CHECK(belfry("schedule show yearly").contains("30 4 1 1 * (Europe/Berlin)"));
  CHECK(belfry("schedule set yearly --tz UTC --cron '30 5 1 1 *'").text ==
        "schedule 'yearly' is changed\n");
  const auto shown = belfry("--tz UTC schedule show yearly");
  CHECK(shown.status == 0);
  CHECK(shown.contains("30 5 1 1 * (UTC)"));
  CHECK(shown.contains("-01-01 05:30:00, 20"));
  CHECK(shown.contains("fired     1, skipped 0"));
  CHECK(shown.contains("task      "));
  CHECK(belfry("schedule show yearly --json").contains("\"next_times\":[\""));
  CHECK(belfry("schedule trigger nightly").status == 4);
  CHECK(belfry("schedule set nightly --queue mail").status == 4);
}

TEST_CASE_METHOD(node_fixture,
                 "a schedule that is set says when it is due, one that never is refused", "[cli]") {
  const auto set = belfry("submit exec --cron '30 4 1 1 *' --tz UTC --name yearly -- true");
  CHECK(set.status == 0);
  CHECK(set.contains("schedule 'yearly' is set: 30 4 1 1 * (UTC), due at 20"));
  CHECK(set.contains("-01-01 04:30:00, 20"));
  const auto yearly = [this](const std::string& line, const std::string& flags = "") {
    return belfry(flags + " submit exec --cron '" + line + "' --tz UTC --name yearly -- true");
  };
  CHECK(yearly("30 4 1 1 *").contains("schedule 'yearly' is set: 30 4"));
  CHECK(yearly("0 5 1 1 *")
            .contains("schedule 'yearly' is replaced (was 30 4 1 1 * in UTC, kind exec): 0 5 1 1 * "
                      "(UTC), due at"));
  CHECK(yearly("0 6 1 1 *", "--json")
            .contains(R"("replaced":{"cron":"0 5 1 1 *","zone":"UTC","kind":"exec"})"));
  const auto odd = belfry("submit exec --cron '*/7 * 1 * fri' --tz UTC --name odd -- true");
  CHECK(odd.status == 0);
  CHECK(odd.contains("note: the step of '*/7'"));
  CHECK(odd.contains("note: a day that matches either"));
  const auto never = belfry("submit exec --cron '0 0 30 2 *' --name never -- true");
  CHECK(never.status == 1);
  CHECK(never.contains("'0 0 30 2 *' never comes"));
  CHECK(belfry("submit exec --cron '@every 90s' --name often -- true").status == 0);
  CHECK_FALSE(belfry("schedules").contains("never"));
}

TEST_CASE_METHOD(node_fixture, "a schedule at boot is shown as such, and waits for the boot",
                 "[cli]") {
  const auto set = belfry("submit exec --cron @reboot --name warm -- true");
  CHECK(set.status == 0);
  CHECK(set.contains("schedule 'warm' is set: @reboot (UTC), due at boot"));
  CHECK(set.contains("note: the machine that serves the schedule runs it when it boots"));
  const auto file = directory + "/boot.cron";
  std::ofstream{file} << "@reboot one\n";
  CHECK(belfry("import-crontab " + file).contains("1 schedule added, 0 unchanged"));
  const auto again = belfry("import-crontab " + file);
  CHECK(again.contains("0 schedules added, 1 unchanged"));
  CHECK(again.contains("at boot"));
  CHECK(belfry("schedules").contains("at boot"));
  CHECK(belfry("schedule show warm").contains("next      at boot"));
  const auto shown = belfry("schedule show warm --json");
  CHECK(shown.contains("\"fired\":0"));
  CHECK(shown.contains("\"next_times\":[]"));
  CHECK_FALSE(shown.contains("\"next\":"));
}

TEST_CASE_METHOD(node_fixture, "a crontab is imported once, however often", "[cli]") {
  const auto file = directory + "/jobs.cron";
  std::ofstream{file} << "*/5 * * * * one\n@daily two\n";
  CHECK(belfry("import-crontab --dry-run " + file).contains("nothing is changed"));
  CHECK(belfry("schedules").contains("no schedules"));
  CHECK(belfry("import-crontab " + file).contains("2 schedules added, 0 unchanged"));
  CHECK(belfry("import-crontab " + file).contains("0 schedules added, 2 unchanged"));
  CHECK(belfry("schedules").contains("  exec  two      default  "));
  std::ofstream{file} << "@daily two\n";
  CHECK(belfry("import-crontab --prune " + file).contains("1 unchanged, 1 removed"));
  std::ofstream{file} << "@daily two\n61 * * * * three\n";
  const auto bad = belfry("import-crontab " + file);
  CHECK(bad.status == 1);
  CHECK(bad.contains("line 2"));
}

TEST_CASE_METHOD(node_fixture, "all bad lines of a crontab are told, and skipped on request",
                 "[cli]") {
  const auto file = directory + "/jobs.cron";
  std::ofstream{file} << "@daily one\n@daily two\n";
  REQUIRE(belfry("import-crontab " + file).status == 0);
  std::ofstream{file} << "@daily one\n61 * * * * two\n@hourly three\n@sometimes four\n";
  const auto refused = belfry("import-crontab " + file);
  CHECK(refused.status == 1);
  CHECK(refused.contains("line 2: cron: field 1 (minute)"));
  CHECK(refused.contains("line 4: cron: '@sometimes'"));
  CHECK(refused.contains("2 lines cannot be imported; nothing is changed"));
  const auto imported = belfry("import-crontab --skip-bad --prune " + file);
  CHECK(imported.status == 0);
  CHECK(imported.contains("line 2: cron: field 1 (minute)"));
  CHECK(imported.contains("1 schedule added, 1 unchanged, 1 no longer in the file (not removed, as "
                          "lines were skipped), 2 lines skipped"));
}

TEST_CASE_METHOD(node_fixture, "the status shows shards and workers", "[cli]") {
  const auto status = belfry("status");
  CHECK(status.status == 0);
  CHECK(status.contains("2 of 2 shards serving"));
  CHECK(status.contains("exec"));
}

TEST_CASE_METHOD(node_fixture, "a node that only runs tasks does not listen", "[cli]") {
  worker_program worker{"--join 127.0.0.1:" + port()};
  const auto started = worker.line_with("node.started");
  CHECK(started.find("joins=127.0.0.1:" + port()) != std::string::npos);

  const auto end = worker.end();

  CHECK(end.status == 0);
  for (const auto& text : {started, end.text}) {
    CHECK(text.find("127.0.0.1:0") == std::string::npos);
    CHECK(text.find("listening") == std::string::npos);
  }
}

TEST_CASE_METHOD(temporary_directory, "a worker that names its cluster joins no other", "[cli]") {
  const node_program blue{"--cluster blue --data " + directory + "/data"};
  const auto join = [&](const std::string& flags) {
    return worker_program{"--join 127.0.0.1:" + blue.port() + " " + flags}.line_with(
        "worker.attached", "worker.refused");
  };

  CHECK_THAT(join("--cluster green"),
             Catch::Contains("this node is of cluster 'blue', not of 'green'"));
  CHECK_THAT(join("--cluster blue"), Catch::Contains("worker.attached"));
  CHECK_THAT(join(""), Catch::Contains("worker.attached"));
}

TEST_CASE("a node that is told to stop while it starts ends at once", "[cli]") {
  std::string directory = std::filesystem::temp_directory_path() / "belfry-cli-XXXXXX";
  REQUIRE(mkdtemp(directory.data()));
  REQUIRE(mkfifo((directory + "/format").c_str(), 0600) == 0); // It is never read to its end.
  auto* node = popen(
      ("echo $$; exec " + program + " node --port 0 --log-level off --data " + directory).c_str(),
      "r");
  const auto id = std::atoi(line_of(node).c_str());
  const auto writing = open((directory + "/format").c_str(), O_WRONLY); // It begins to read.
  CHECK(writing >= 0);
  kill(id, SIGTERM);
  CHECK(pclose(node) == 0);
  close(writing);
  std::filesystem::remove_all(directory);
}

TEST_CASE("a wrong command line exits with status 2 and the expected form", "[cli]") {
  for (const auto* arguments : {"",
                                "nonsense",
                                "submit mail --in 5",
                                "submit mail --at noon",
                                "submit mail a b",
                                "list --state waiting",
                                "get 17",
                                "cancel",
                                "cancel 0-1 --all",
                                "queue set mail",
                                "submit mail --cron @daily",
                                "node",
                                "submit mail --in 1s --at 2026-11-24",
                                "run-now",
                                "reschedule 0-1",
                                "reschedule 0-1 --in 1s --at 2026-11-24",
                                "schedule set a",
                                "change 0-1",
                                "change 0-1 --payload a --file b",
                                "--tz Mars list",
                                "submit mail --priority 101",
                                "queue set mail --durability sure"}) {
    const auto outcome = shell(program + " " + arguments);
    INFO(arguments << "\n" << outcome.text);
    CHECK(outcome.status == 2);
    CHECK(outcome.contains("--help"));
  }
}

TEST_CASE("help ends well and shows examples", "[cli]") {
  for (const auto* command : {"",
                              "node",
                              "submit",
                              "get",
                              "wait",
                              "explain",
                              "list",
                              "run-now",
                              "reschedule",
                              "change",
                              "cancel",
                              "requeue",
                              "delete",
                              "pause",
                              "resume",
                              "queues",
                              "queue set",
                              "schedules",
                              "schedule show",
                              "schedule set",
                              "schedule pause",
                              "schedule resume",
                              "schedule trigger",
                              "schedule rm",
                              "status",
                              "import-crontab",
                              "export",
                              "import",
                              "backup",
                              "restore"}) {
    const auto outcome = shell(program + " " + command + " --help");
    INFO(command << "\n" << outcome.text);
    CHECK(outcome.status == 0);
    CHECK(outcome.contains("Example"));
  }
}

TEST_CASE("without a node the status is 3 and says where it looked", "[cli]") {
  const auto outcome =
      shell(program + " --host " + own_loopback() + " --port 1 --request-timeout 2s status");
  INFO(outcome.text);
  CHECK(outcome.status == 3);
  CHECK(outcome.contains("no node answers at " + own_loopback() + ":1: Connection refused"));
}

TEST_CASE_METHOD(temporary_directory, "the printed address of a node can be used for it", "[cli]") {
  if (!std::filesystem::exists("/proc/net/if_inet6"))
    return; // The machine has no IPv6.
  const auto outcome =
      shell("cd " + directory + "; " + program +
            " node --bind '[::1]' --port 0 --log-level off --data data >said & node=$!; "
            "until grep -s listening said; do kill -0 $node || exit 9; sleep 0.1; done; "
            "BELFRY_NODE=$(sed 's/listening on //' said) " +
            program + " status; kill $node; wait $node");
  INFO(outcome.text);
  CHECK(outcome.status == 0);
  CHECK(outcome.contains("listening on [::1]:"));
  CHECK(outcome.contains("shards serving"));
}
