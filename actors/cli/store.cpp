// belfry store: the database that nodes keep their tasks in
#include "cli/program.hpp"
#include "cli/text/json_text.hpp"
#include "cli/text/table.hpp"

#include "os/postgres/postgres_journal.hpp"
#include "os/postgres/postgres_report.hpp"

#include <iostream>
#include <memory>
#include <string>

namespace belfry::shell {

namespace {

struct store_command {
  postgres_target place;
  std::uint16_t shards = 0;
};

json to_json(const postgres_report& report) {
  auto shards = json::array();
  for (const auto& one : report.rows)
    shards.push_back({{"shard", one.shard},
                      {"epoch", one.epoch},
                      {"head", one.head},
                      {"snapshot", one.snapshot},
                      {"journal_bytes", one.journal_bytes},
                      {"snapshot_bytes", one.object_bytes}});
  return {{"database", report.database},
          {"server_version", report.server_version},
          {"synchronous_commit", report.synchronous_commit},
          {"synchronous_standbys", report.synchronous_standbys},
          {"schema_version", report.schema_version},
          {"shard_count", report.shard_count},
          {"shards", std::move(shards)}};
}

void print_report(const store_command& command, const postgres_report& report) {
  std::cout << report.database << ", PostgreSQL " << report.server_version
            << ": a commit waits for the disk";
  if (report.synchronous_standbys > 0)
    std::cout << " and for standbys: " << report.synchronous_standbys << " are there";
  std::cout << '\n';
  if (report.schema_version == 0) {
    std::cout << "cluster '" << command.place.cluster
              << "' has no tables yet: belfry store init, or the first node, makes them\n";
    return;
  }
  std::cout << "cluster '" << command.place.cluster << "': " << report.shard_count
            << " shards, tables of version " << report.schema_version << '\n';
  table rows{{{"SHARD", true},
              {"OWNERS SO FAR", true},
              {"EVENTS", true},
              {"BEHIND SNAPSHOT", true},
              {"JOURNAL KB", true},
              {"SNAPSHOT KB", true}}};
  for (const auto& one : report.rows)
    rows.add({std::to_string(one.shard), std::to_string(one.epoch), std::to_string(one.head - 1),
              std::to_string(one.head - one.snapshot), std::to_string(one.journal_bytes / 1024),
              std::to_string(one.object_bytes / 1024)});
  if (!rows.is_empty())
    rows.print(std::cout);
}

result<exit_code> check_store(const program& belfry, const store_command& command) {
  const auto report = read_postgres_report(command.place);
  if (!report)
    return report.error();
  if (belfry.is_json)
    std::cout << one_line(to_json(*report)) << '\n';
  else
    print_report(command, *report);
  return report->schema_version == 0 ? exit_code::not_found : exit_code::ok;
}

result<exit_code> init_store(const program& belfry, const store_command& command) {
  const auto default_value = cluster_shard_count(command.place);
  if (!default_value)
    return default_value.error();
  const auto shards = command.shards > 0 ? command.shards : *default_value;
  if (const auto opened = open_postgres_journal({command.place, shards}); !opened)
    return opened.error();
  return check_store(belfry, command);
}

void add_place(CLI::App& app, store_command& command) {
  app.add_option("URI", command.place.uri, "The database: postgresql://user@host/database")
      ->envname("BELFRY_STORE")
      ->required();
  app.add_option("--cluster", command.place.cluster, "Whose tables there (default belfry)")
      ->type_name("NAME");
}

} // namespace

void add_store(CLI::App& app, program& belfry) {
  auto* store = app.add_subcommand("store", "Make or look at the database that keeps tasks");
  store->require_subcommand(1);
  store->footer("Examples:\n"
                "  belfry store init postgresql://belfry@db/tasks --shards 16\n"
                "  belfry store check postgresql://belfry@db/tasks");
  const auto command = std::make_shared<store_command>();
  auto* init = store->add_subcommand("init", "Make the tables, or bring them up to date");
  add_place(*init, *command);
  init->add_option("--shards", command->shards,
                   "Into how many parts the tasks are split; cannot change later (default 16)")
      ->check(CLI::Range(1, 1024))
      ->option_text("COUNT");
  init->callback([&belfry, command] {
    belfry.chosen = [&belfry, command] { return init_store(belfry, *command); };
  });
  auto* check = store->add_subcommand("check", "Look whether it is fit and what it holds");
  add_place(*check, *command);
  check->callback([&belfry, command] {
    belfry.chosen = [&belfry, command] { return check_store(belfry, *command); };
  });
}

} // namespace belfry::shell
