#pragma once

#include <rocksdb/file_system.h>

#include <atomic>
#include <memory>
#include <string>

namespace belfry {

/// A file system whose next sync, or whose writes, fail on request. Data of a failed sync stays in
/// the file, but must not be trusted after reopening.
class faulty_file_system : public rocksdb::FileSystemWrapper {
public:
  faulty_file_system() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}

  const char* Name() const override { return "faulty_file_system"; }

  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override;

  std::atomic<bool> fails_next_sync{false};
  std::atomic<bool> fails_writes{false};
};

/// A file of `faulty_file_system`.
class faulty_file : public rocksdb::FSWritableFileOwnerWrapper {
public:
  faulty_file(std::unique_ptr<rocksdb::FSWritableFile> file, faulty_file_system& owner)
      : FSWritableFileOwnerWrapper(std::move(file)), owner_(owner) {}

  rocksdb::IOStatus Append(const rocksdb::Slice& bytes, const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override {
    if (owner_.fails_writes)
      return rocksdb::IOStatus::NoSpace("injected");
    return FSWritableFileOwnerWrapper::Append(bytes, options, debug);
  }

  rocksdb::IOStatus Append(const rocksdb::Slice& bytes, const rocksdb::IOOptions& options,
                           const rocksdb::DataVerificationInfo& verification,
                           rocksdb::IODebugContext* debug) override {
    if (owner_.fails_writes)
      return rocksdb::IOStatus::NoSpace("injected");
    return FSWritableFileOwnerWrapper::Append(bytes, options, verification, debug);
  }

  rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                         rocksdb::IODebugContext* debug) override {
    if (owner_.fails_next_sync.exchange(false))
      return rocksdb::IOStatus::IOError("injected");
    return FSWritableFileOwnerWrapper::Sync(options, debug);
  }

private:
  faulty_file_system& owner_;
};

inline rocksdb::IOStatus
faulty_file_system::NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) {
  const auto status = FileSystemWrapper::NewWritableFile(path, options, file, debug);
  if (status.ok())
    *file = std::make_unique<faulty_file>(std::move(*file), *this);
  return status;
}

} // namespace belfry
