#include "journal/memory_journal.hpp"

#include "journal_conformance.hpp"

namespace belfry {

namespace {

class memory_engine {
public:
  std::shared_ptr<journal> open() { return std::make_shared<memory_journal>(disk_); }
  void fill() { disk_->set_full(true); }
  void nearly_fill() { disk_->set_nearly_full(true); }
  void empty() { disk_->set_full(false); }
  void fail_next_sync() { disk_->fail_next_sync(); }

private:
  std::shared_ptr<memory_disk> disk_ = std::make_shared<memory_disk>();
};

} // namespace

} // namespace belfry

#define ENGINE memory_engine
#include "journal_conformance.ipp"

#include "disk_conformance.ipp"
