#pragma once

#include "client/client_submits.hpp"

#include "belfry/priority.hpp"

#include <array>

namespace belfry {

/// Tasks on their way to the shards, apart by class of priority: a batch that a busy shard refuses
/// for now does not hold up those of a higher class.
///
/// To a shard each class is a client of its own, with its own id, batches and sequences: replacing
/// the batch under way by another could lose one of them, or run it twice, if the refusal crossed a
/// resend.
class prioritized_submits {
public:
  using sender = client_submits::sender;

  /// What to do after an answer, and for which class.
  struct verdict {
    priority_class priority = priority_class::normal;
    client_submits::verdict outcome;
  };
  using counts = std::array<std::size_t, priority_class_count>;

  prioritized_submits(client_id client, client_submits::limits limits)
      : classes_{client_submits{id_of(client, priority_class::low), limits},
                 client_submits{id_of(client, priority_class::normal), limits},
                 client_submits{id_of(client, priority_class::high), limits}} {}

  /// The id of the client for tasks of this class. The first two bits are the class; the last ones,
  /// which choose the first shard, stay as they were drawn.
  [[nodiscard]] static client_id id_of(client_id client, priority_class priority) {
    const auto drawn = client.value & ((std::uint64_t{1} << class_shift) - 1);
    return {drawn | (1 + static_cast<std::uint64_t>(priority)) << class_shift};
  }

  // As those of `client_submits`; high classes go first.
  [[nodiscard]] std::uint32_t shard_count() const { return classes_[0].shard_count(); }
  void open(std::uint32_t shard_count);
  void set_outbox_queues(const std::set<std::string>& queues);
  void add(task_spec&& task, submit_callback&& on_result, std::uint64_t group = 0);
  void flush(std::function<void(result<done>)> on_result);
  void pump(const sender& send);
  void resend_all(const std::function<bool(std::uint32_t shard)>& is_affected, const sender& send);
  void resend(client_id client, std::uint32_t shard, std::uint64_t sequence, const sender& send);
  void tick(const sender& send);
  void defer(const sender& send);
  verdict on_submitted(wire::Submitted& answer);
  [[nodiscard]] bool is_idle() const;

  /// Answers the refused tasks of `group`. Returns how many are not open any more, by class.
  counts give_up(std::uint64_t group);
  /// Answers every open task with `error`. Returns their number, by class.
  counts fail_all(const failure& error);

private:
  static constexpr unsigned class_shift = 62; // Bits from the end of an id.

  [[nodiscard]] client_submits& of(priority_class priority) {
    return classes_[static_cast<std::size_t>(priority)];
  }
  [[nodiscard]] static std::optional<priority_class> class_of_client(std::uint64_t client);

  std::array<client_submits, priority_class_count> classes_;
};

} // namespace belfry
