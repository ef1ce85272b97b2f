// belfry restore
#include "cli/program.hpp"
#include "cli/text/json_text.hpp"
#include "cli/text/text_format.hpp"

#include "os/rocksdb/rocksdb_restore.hpp"
#include "os/system_clock.hpp"
#include "task/state/shard_epoch.hpp"
#include "text/printable.hpp"

#include <CLI/Option.hpp>

#include <chrono>
#include <iostream>
#include <memory>
#include <string>

namespace belfry::shell {

namespace {

constexpr auto restore_notes =
    R"(Copies FROM, a backup or the data directory of a stopped node, to the new directory TO, and
reads all of the copy: TO is there afterwards only if every shard is whole. A restore that is
interrupted may leave TO.tmp behind: remove it and restore again.

Stop the node whose tasks these are first, then restore, then start a node with --data TO. Its
tokens and task ids do not repeat: the epochs in TO are later than those of all starts before the
restore, by the clock of this machine. Workers may have gone on: no result of theirs settles another
task. Tasks that were accepted after the backup are lost, those that settled after it run again.

Example:
  belfry restore /mnt/backup/monday /var/lib/belfry/restored)";

/// An epoch that was acquired this minute may be one that the backup does not hold.
constexpr duration epoch_margin{std::chrono::minutes{1}};

struct restore_command {
  std::string from;
  std::string to;
};

result<exit_code> restore(const program& belfry, const restore_command& command) {
  const auto restored = restore_rocksdb_journal(
      command.from, command.to,
      {.epoch_min = epoch_min_at(system_clock{}.now() + epoch_margin),
       .log_line = [](const std::string& line) { print_complaint("repaired " + line); }});
  if (!restored)
    return restored.error();
  if (belfry.is_json)
    std::cout << one_line(json{{"directory", command.to},
                               {"shards", restored->shards},
                               {"snapshot_parts", restored->objects},
                               {"events", restored->events},
                               {"bytes", restored->bytes}})
              << '\n';
  else
    std::cout << printable(command.to)
              << " is restored: " << format_count(restored->shards, "shard") << " with "
              << format_count(restored->objects, "snapshot part") << " and "
              << format_count(restored->events, "event") << ", all of them readable, "
              << format_number(restored->bytes) << " bytes\n";
  return exit_code::ok;
}

} // namespace

void add_restore(CLI::App& app, program& belfry) {
  auto command = std::make_shared<restore_command>();
  auto* restoring = app.add_subcommand("restore", "Check a backup and make a data directory of it");
  restoring->footer(restore_notes);
  restoring->add_option("FROM", command->from, "The backup")->required()->type_name("");
  restoring->add_option("TO", command->to, "The new data directory")->required()->type_name("");
  restoring->callback([&belfry, command] {
    belfry.is_local = true;
    belfry.chosen = [&belfry, command] { return restore(belfry, *command); };
  });
}

} // namespace belfry::shell
