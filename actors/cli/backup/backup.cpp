// belfry backup
#include "cli/program.hpp"
#include "cli/text/json_text.hpp"
#include "cli/text/text_format.hpp"

#include "text/printable.hpp"
#include "time/time_text.hpp"

#include <CLI/Option.hpp>

#include <iostream>
#include <memory>
#include <string>

namespace belfry::shell {

namespace {

constexpr auto backup_notes =
    R"(The node copies its data directory while it works, at one moment of all its shards: what
was acknowledged before is in the copy. DIR is an absolute path on the node's machine: a new
directory in the one that the node's option --backups names. The copy shares unchanged files with
the data directory: copy DIR to another disk or machine, then remove it. 'belfry restore' checks it
and makes a data directory of it. The backup of a slow disk may take a longer --request-timeout.

Examples:
  belfry node --data /var/lib/belfry/tasks --backups /var/lib/belfry/backups
  belfry backup /var/lib/belfry/backups/monday
  belfry restore /mnt/backup/monday /var/lib/belfry/restored)";

result<exit_code> back_up(program& belfry, const std::string& directory) {
  const auto node = belfry.node();
  if (!node)
    return node.error();
  const auto backup = (*node)->cluster().back_up(directory, belfry.request_timeout);
  if (!backup && backup.error().code == errc::timed_out)
    return failure{errc::timed_out, backup.error().what +
                                        "; the node may go on with the backup, "
                                        "which is complete once it has the file " +
                                        directory + "/format"};
  if (!backup)
    return backup.error();
  if (belfry.is_json)
    std::cout << one_line(json{{"directory", directory},
                               {"taken_at", format_utc(backup->taken_at)},
                               {"shards", backup->shards},
                               {"bytes", backup->bytes}})
              << '\n';
  else
    std::cout << "backup " << printable(directory) << ": " << format_count(backup->shards, "shard")
              << ", " << format_number(backup->bytes) << " bytes, with everything that was "
              << "acknowledged before " << format_time(belfry, backup->taken_at) << '\n';
  return exit_code::ok;
}

} // namespace

void add_backup(CLI::App& app, program& belfry) {
  auto directory = std::make_shared<std::string>();
  auto* command = app.add_subcommand("backup", "Copy the data directory of a node that works");
  command->footer(backup_notes);
  command
      ->add_option("DIR", *directory,
                   "The new directory, an absolute path on the machine of the node")
      ->required()
      ->type_name("");
  command->callback([&belfry, directory] {
    belfry.chosen = [&belfry, directory] { return back_up(belfry, *directory); };
  });
}

} // namespace belfry::shell
