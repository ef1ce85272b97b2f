// How a shard's knowledge becomes the parts of a snapshot, and comes back.
//
// Tasks are handed over by page of the table, and only pages that changed since the last snapshot,
// so a million tasks that wait for next week are written once. A snapshot takes many steps, with
// commands between them: of a task that changes before the turn of its page, an image is kept.
#include "task/ledger.hpp"
#include "task/timer_keys.hpp"

#include <algorithm>

namespace belfry {

namespace {

constexpr std::size_t image_bytes = 64; // Of a task beside its payload, about.

} // namespace

void ledger::begin_snapshot(snapshot_sink& sink) {
  snapshot_ = &sink;
  pages_ = tasks_.pages();
  next_page_ = 0;
  write_metadata();
}

bool ledger::continue_snapshot(std::size_t count) {
  expects(snapshot_, "ledger::continue_snapshot: a snapshot is under way");
  for (; next_page_ < pages_.size() && count > 0; ++next_page_) {
    const auto page = pages_[next_page_];
    const auto early = before_image_pages_.extract(page);
    if (early ? early.mapped().was_clean : !tasks_.is_dirty(page))
      continue;
    if (early) {
      write_page(page, early.mapped().images);
      before_image_count_ -= early.mapped().images.size();
    } else {
      write_page(page, {});
      tasks_.mark_clean(page);
    }
    --count;
  }
  if (next_page_ < pages_.size())
    return false;
  snapshot_ = nullptr;
  return true;
}

void ledger::abort_snapshot() {
  for (std::size_t i = 0; i < next_page_; ++i)
    tasks_.mark_dirty(pages_[i] * task_table::page_size);
  before_image_pages_.clear();
  before_image_count_ = 0;
  snapshot_ = nullptr;
}

std::size_t ledger::snapshot_bytes() const {
  if (tasks_.size() == 0)
    return 0;
  return tasks_.dirty_size() * (image_bytes + payload_bytes_ / tasks_.size());
}

void ledger::mark_dirty(std::uint64_t serial) {
  if (snapshot_)
    save_before_image(serial);
  tasks_.mark_dirty(serial);
}

/// Of what is about to change, as it was when the snapshot began.
void ledger::save_before_image(std::uint64_t serial) {
  const auto page = serial / task_table::page_size;
  const auto ahead = pages_.begin() + static_cast<std::ptrdiff_t>(next_page_);
  if (!std::binary_search(ahead, pages_.end(), page))
    return;
  // A clean page stands in the snapshot before; the change is for the next.
  auto& early = before_image_pages_.try_emplace(page, !tasks_.is_dirty(page)).first->second;
  if (early.was_clean)
    return;
  const auto [image, is_first] = early.images.try_emplace(serial);
  if (!is_first)
    return;
  ++before_image_count_;
  if (const auto* record = tasks_.find(serial); record && is_persistent(*record))
    image->second = image_of(*record);
}

bool ledger::is_persistent(const task_record& record) const {
  return rules_of(record).level != durability::in_memory;
}

void ledger::write_page(std::uint64_t page, const before_images& images) {
  const auto begin = page * task_table::page_size;
  for (auto serial = begin; serial < begin + task_table::page_size; ++serial) {
    if (const auto image = images.find(serial); image != images.end()) {
      if (image->second)
        snapshot_->add(page, *image->second);
    } else if (const auto* record = tasks_.find(serial); record && is_persistent(*record)) {
      snapshot_->add(page, image_of(*record));
    }
  }
}

void ledger::write_metadata() {
  const auto add = [this](event what) { snapshot_->add(snapshot_sink::metadata_part, what); };
  add(serial_restored{next_serial_});
  if (reserved_ > 0)
    add(serials_reserved{reserved_});
  for (const auto& [index, queue] : queues_)
    if (queue.settings != queue_settings{.queue = queue.settings.queue})
      add(queue.settings);
  for (const auto& [name, index] : schedule_indexes_) {
    const auto& known = schedules_.at(index).known;
    add(schedule_restored{known.spec, known.last_nominal, known.last_task, known.fired,
                          known.skipped});
  }
  for (const auto& [name, key] : keys_)
    add(key_restored{name, key.id, key.until});
  for (const auto& [at, client] : clients_by_age_)
    if (auto found = clients_.find(client); found != clients_.end() && found->second.at == at)
      add(batch_accepted{client, found->second.sequence, at, found->second.outcomes});
}

task_restored ledger::image_of(const task_record& record) const {
  const auto& rules = rules_of(record);
  const auto& details = record.details();
  task_restored image;
  image.id = record.id;
  image.accepted_at = record.accepted_at;
  image.due = record.due;
  image.changed_at = record.changed_at();
  image.spec.kind = names_[rules.kind];
  image.spec.queue = names_[rules.queue];
  image.spec.payload = record.payload.view();
  image.spec.priority = rules.priority;
  image.spec.timeout = rules.timeout;
  image.spec.retention = rules.retention;
  image.spec.retry = rules.retry;
  if (details.extra) {
    image.spec.start_by = details.extra->start_by;
    image.spec.key = details.extra->key;
    image.schedule = details.extra->schedule;
    image.last_error = details.extra->last_error;
    image.output = details.extra->output;
  }
  image.token = details.token;
  image.session = sessions_[details.session].id;
  image.attempt = details.attempt;
  image.crashes = details.crashes;
  image.state = record.state;
  image.level = rules.level;
  image.is_cancel_requested = details.is_cancel_requested;
  image.was_started = details.was_started;
  image.was_requeued = details.was_requeued;
  image.was_started_before = details.was_started_before;
  if (details.token.value != 0)
    image.started_ms_ago =
        static_cast<std::uint32_t>((details.changed_at - details.started_at).count());
  return image;
}

void ledger::apply(serial_restored& what) {
  next_serial_ = std::max(next_serial_, what.next);
}

void ledger::apply(key_restored& what) {
  key_expirations_.emplace(what.until, what.name);
  keys_[std::move(what.name)] = {what.id, what.until};
}

void ledger::apply(schedule_restored& what) {
  schedule_put put{std::move(what.spec), what.last_nominal};
  const auto name = put.spec.name;
  apply(put);
  const auto index = schedule_indexes_.at(name);
  auto& schedule = schedules_.at(index);
  schedule.known.last_nominal = what.last_nominal;
  schedule.known.last_task = what.last_task;
  schedule.known.fired = what.fired;
  schedule.known.skipped = what.skipped;
}

void ledger::apply(task_restored& what) {
  auto& spec = what.spec;
  auto& record = tasks_.add(what.id.serial());
  tasks_.mark_clean(what.id.serial() / task_table::page_size);
  record.id = what.id;
  record.accepted_at = what.accepted_at;
  record.due = what.due;
  record.state = what.state;
  record.rules = acquire_rules(spec, what.level);
  if (what.token.value != 0 || is_settled(what.state) || what.was_requeued) {
    auto& details = record.make_details();
    details.token = what.token;
    details.changed_at = what.changed_at;
    details.started_at = what.changed_at - duration{what.started_ms_ago};
    details.attempt = static_cast<std::uint16_t>(what.attempt);
    details.crashes = static_cast<std::uint16_t>(what.crashes);
    details.is_cancel_requested = what.is_cancel_requested;
    details.was_started = what.was_started;
    details.was_requeued = what.was_requeued;
    details.was_started_before = what.was_started_before;
  }
  if (spec.start_by || !spec.key.empty() || !what.schedule.empty() || !what.last_error.empty() ||
      !what.output.empty()) {
    auto& extra = record.make_extra();
    extra.start_by = spec.start_by;
    extra.key = std::move(spec.key);
    extra.schedule = std::move(what.schedule);
    extra.last_error = std::move(what.last_error);
    extra.output = std::move(what.output);
  }
  set_payload(record, spec.payload);
  ++queue_at(rules_of(record).queue).counts[static_cast<std::size_t>(record.state)];
  if (record.state == task_state::running)
    attach_run(record, what.session);
  add_to_indexes(record);
}

} // namespace belfry
