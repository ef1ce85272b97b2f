// belfry store: the database in which nodes keep tasks
#include "cli/flags.hpp"
#include "cli/program.hpp"
#include "cli/text/json_text.hpp"
#include "cli/text/table.hpp"

#include "os/postgres/postgres_journal.hpp"
#include "os/postgres/postgres_report.hpp"
#include "text/printable.hpp"

#include <iostream>
#include <memory>
#include <string>

namespace belfry::shell {

namespace {

struct store_command {
  postgres_target target;
  std::uint16_t shards = 0;
};

json to_json(const postgres_report& report) {
  auto shards = json::array();
  for (const auto& row : report.rows)
    shards.push_back({{"shard", row.shard},
                      {"epoch", row.epoch},
                      {"head", row.head},
                      {"snapshot", row.snapshot},
                      {"journal_bytes", row.journal_bytes},
                      {"snapshot_bytes", row.object_bytes}});
  return {{"database", report.database},
          {"server_version", report.server_version},
          {"synchronous_commit", report.synchronous_commit},
          {"synchronous_standbys", report.synchronous_standbys},
          {"schema_version", report.schema_version},
          {"shard_count", report.shard_count},
          {"shards", std::move(shards)}};
}

void print_report(const store_command& command, const postgres_report& report,
                  const output_style& style) {
  std::cout << printable(report.database) << ", PostgreSQL " << printable(report.server_version)
            << ": a commit waits for the disk";
  if (report.synchronous_standbys > 0)
    std::cout << " and for synchronous standbys: " << report.synchronous_standbys << " connected";
  std::cout << '\n';
  if (report.schema_version == 0) {
    std::cout << "cluster '" << printable(command.target.cluster)
              << "' has no tables yet: belfry store init or the first node creates them\n";
    return;
  }
  std::cout << "cluster '" << printable(command.target.cluster) << "': " << report.shard_count
            << " shards, tables of version " << report.schema_version << '\n';
  table rows{{{"SHARD", true},
              {"EPOCH", true},
              {"EVENTS", true},
              {"SINCE SNAPSHOT", true},
              {"JOURNAL KB", true},
              {"SNAPSHOT KB", true}}};
  for (const auto& row : report.rows)
    rows.add({std::to_string(row.shard), std::to_string(row.epoch), std::to_string(row.head - 1),
              std::to_string(row.head - row.snapshot), std::to_string(row.journal_bytes / 1024),
              std::to_string(row.object_bytes / 1024)});
  if (!rows.is_empty())
    rows.print(std::cout, style);
}

result<exit_code> check_store(const program& belfry, const store_command& command) {
  const auto report = read_postgres_report(command.target);
  if (!report)
    return report.error();
  if (belfry.is_json)
    std::cout << one_line(to_json(*report)) << '\n';
  else
    print_report(command, *report, belfry.style);
  return report->schema_version == 0 ? exit_code::not_found : exit_code::ok;
}

result<exit_code> init_store(const program& belfry, const store_command& command) {
  const auto stored = cluster_shard_count(command.target);
  if (!stored)
    return stored.error();
  const auto shards = command.shards > 0 ? command.shards : *stored;
  if (const auto opened = open_postgres_journal({command.target, shards}); !opened)
    return opened.error();
  return check_store(belfry, command);
}

void add_target(CLI::App& app, store_command& command) {
  app.add_option("URI", command.target.uri, "Database: postgresql://user@host/database")
      ->envname("BELFRY_STORE")
      ->required();
  app.add_option("--cluster", command.target.cluster,
                 "Cluster name (PostgreSQL schema, default belfry)")
      ->type_name("NAME");
}

} // namespace

void add_store(CLI::App& app, program& belfry) {
  auto* store = app.add_subcommand("store", "Create or inspect the task database");
  store->require_subcommand(1);
  store->footer("Examples:\n"
                "  belfry store init postgresql://belfry@db/tasks --shards 16\n"
                "  belfry store check postgresql://belfry@db/tasks");
  const auto command = std::make_shared<store_command>();
  auto* init = store->add_subcommand("init", "Create the tables, or upgrade them");
  add_target(*init, *command);
  add_number(*init, "--shards", command->shards, 1, 1024,
             "Number of shards; cannot change later (default 16)")
      ->type_name("COUNT");
  init->callback([&belfry, command] {
    belfry.is_local = true;
    belfry.chosen = [&belfry, command] { return init_store(belfry, *command); };
  });
  auto* check = store->add_subcommand("check", "Check the database and show what it contains");
  add_target(*check, *command);
  check->callback([&belfry, command] {
    belfry.is_local = true;
    belfry.chosen = [&belfry, command] { return check_store(belfry, *command); };
  });
}

} // namespace belfry::shell
