#include "os/rocksdb/rocksdb_journal.hpp"

#include "faulty_file_system.hpp"
#include "journal/journal_conformance.hpp"
#include "support/scratch_directory.hpp"

#include <atomic>

namespace belfry {

namespace {

class rocksdb_under_test {
public:
  std::shared_ptr<journal> open() {
    auto opened = open_rocksdb_journal({.directory = scratch_.file("data"),
                                        .shards = 3,
                                        .reserve_bytes = 8 << 20,
                                        .space_check_interval = duration{0},
                                        .log_line = {},
                                        .file_system = files_,
                                        .free_bytes = [free = free_] { return free->load(); }});
    REQUIRE(opened.ok());
    return *opened;
  }

  void fill() { *free_ = 1 << 20; }
  void nearly_fill() { *free_ = 7 << 20; }
  void empty() { *free_ = 1 << 30; }
  void fail_next_sync() { files_->fails_next_sync = true; }

private:
  scratch_directory scratch_;
  std::shared_ptr<faulty_file_system> files_ = std::make_shared<faulty_file_system>();
  std::shared_ptr<std::atomic<std::uint64_t>> free_ =
      std::make_shared<std::atomic<std::uint64_t>>(1 << 30);
};

} // namespace

} // namespace belfry

#define ENGINE rocksdb_under_test
#include "journal/journal_conformance.ipp"

#include "journal/disk_conformance.ipp"
