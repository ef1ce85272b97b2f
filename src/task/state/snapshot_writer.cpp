#include "task/state/snapshot_writer.hpp"

#include "belfry/contract.hpp"

#include <algorithm>

namespace belfry {

namespace {

constexpr std::size_t image_bytes = 64; // Of a task beside its payload, about.

} // namespace

void snapshot_writer::begin(snapshot_sink& sink) {
  sink_ = &sink;
  pages_ = state_.tasks.pages();
  next_page_ = 0;
  write_metadata();
}

bool snapshot_writer::write_pages(std::size_t count) {
  expects(sink_, "snapshot_writer::write_pages: a snapshot is under way");
  for (; next_page_ < pages_.size() && count > 0; ++next_page_) {
    const auto page = pages_[next_page_];
    const auto early = before_image_pages_.extract(page);
    if (early ? early.mapped().was_clean : !state_.tasks.is_dirty(page))
      continue;
    if (early) {
      write_page(page, early.mapped().images);
      before_image_count_ -= early.mapped().images.size();
    } else {
      write_page(page, {});
      state_.tasks.mark_clean(page);
    }
    --count;
  }
  if (next_page_ < pages_.size())
    return false;
  sink_ = nullptr;
  return true;
}

void snapshot_writer::abort() {
  for (std::size_t i = 0; i < next_page_; ++i)
    state_.tasks.mark_dirty(pages_[i] * task_table::page_size);
  before_image_pages_.clear();
  before_image_count_ = 0;
  sink_ = nullptr;
}

std::size_t snapshot_writer::bytes() const {
  if (state_.tasks.size() == 0)
    return 0;
  return state_.tasks.dirty_size() *
         (image_bytes + state_.tasks.payload_bytes() / state_.tasks.size());
}

/// Keeps the task as it was when the snapshot began.
void snapshot_writer::save_before_image(std::uint64_t serial) {
  const auto page = serial / task_table::page_size;
  const auto ahead = pages_.begin() + static_cast<std::ptrdiff_t>(next_page_);
  if (!std::binary_search(ahead, pages_.end(), page))
    return;
  // A clean page is in the snapshot before; the change belongs to the next.
  auto& early = before_image_pages_.try_emplace(page, !state_.tasks.is_dirty(page)).first->second;
  if (early.was_clean)
    return;
  const auto [image, is_first] = early.images.try_emplace(serial);
  if (!is_first)
    return;
  ++before_image_count_;
  if (const auto* record = state_.tasks.find(serial); record && is_persistent(*record))
    image->second = image_of(*record);
}

bool snapshot_writer::is_persistent(const task_record& record) const {
  return state_.rules_of(record).level != durability::in_memory;
}

void snapshot_writer::write_page(std::uint64_t page, const before_images& images) {
  const auto begin = page * task_table::page_size;
  for (auto serial = begin; serial < begin + task_table::page_size; ++serial) {
    if (const auto image = images.find(serial); image != images.end()) {
      if (image->second)
        sink_->add(page, *image->second);
    } else if (const auto* record = state_.tasks.find(serial); record && is_persistent(*record)) {
      sink_->add(page, image_of(*record));
    }
  }
}

void snapshot_writer::write_metadata() {
  const auto add = [this](const event& part) { sink_->add(snapshot_sink::metadata_part, part); };
  add(serial_restored{state_.next_serial});
  if (state_.reserved_serial_max > 0)
    add(serials_reserved{state_.reserved_serial_max});
  if (const auto& commands = state_.commands.in_order(); !commands.empty())
    add(commands_restored{{commands.begin(), commands.end()}});
  for (const auto& [index, queue] : state_.queues.all())
    if (queue.settings != queue_settings{.queue = queue.settings.queue})
      add(queue.settings);
  state_.schedules.visit_by_name([&](const schedule_summary& schedule) {
    add(schedule_restored{schedule.spec, schedule.last_nominal, schedule.last_task, schedule.fired,
                          schedule.skipped, schedule.is_paused});
  });
  state_.duplicates.visit_keys([&](const auto& name, const auto& key) {
    add(key_restored{name, key.id, key.until});
  });
  state_.duplicates.visit_batches([&](client_id client, const auto& batch) {
    add(batch_accepted{client, batch.sequence, batch.at, batch.outcomes});
  });
}

task_restored snapshot_writer::image_of(const task_record& record) const {
  const auto& rules = state_.rules_of(record);
  const auto& details = record.details();
  task_restored image;
  image.id = record.id;
  image.accepted_at = record.accepted_at;
  image.due = record.due;
  image.changed_at = record.changed_at();
  image.spec.kind = state_.queues.name(rules.kind);
  image.spec.queue = state_.queues.name(rules.queue);
  image.spec.payload = record.payload.view();
  image.spec.priority = rules.priority;
  image.spec.timeout = rules.timeout;
  image.spec.retention = rules.retention;
  image.spec.retry = rules.retry;
  if (details.extra) {
    image.spec.start_by = details.extra->start_by;
    if (details.extra->complete_by != instant_max)
      image.spec.complete_by = details.extra->complete_by;
    image.spec.key = details.extra->key;
    image.schedule = details.extra->schedule;
    if (details.extra->nominal != instant_max)
      image.nominal = details.extra->nominal;
    image.last_error = details.extra->last_error;
    image.output = details.extra->output;
    if (details.extra->earlier_errors)
      image.earlier_errors = *details.extra->earlier_errors;
  }
  image.token = details.token;
  image.session = state_.sessions.id(details.session);
  image.attempt = details.attempt;
  image.crashes = details.crashes;
  image.state = record.state;
  image.level = rules.level;
  image.is_cancel_requested = details.is_cancel_requested;
  image.was_started = details.was_started;
  image.was_requeued = details.was_requeued;
  image.was_started_before = details.was_started_before;
  if (image.spec.start_by && details.has_begun != has_surely_begun(image))
    image.has_begun = details.has_begun;
  if (const auto* saved = record.saved_progress())
    image.saved_progress = *saved;
  image.is_start_known = details.is_start_known || details.token.value == 0;
  if (details.is_start_known)
    image.started_ms_ago = details.began_ms_ago;
  if (details.has_run_time)
    image.ran_ms = details.ran_ms;
  return image;
}

} // namespace belfry
