#pragma once

#include "client/client_submits.hpp"

#include "belfry/priority.hpp"

#include <array>

namespace belfry {

/// Tasks on their way to the shards, apart by class of priority: a batch that a busy shard refuses
/// for now does not hold up those of a higher class.
///
/// To a shard each class is a client of its own, with its own id, batches and sequences: to swap
/// the batch under way for another would lose one of them, or run it twice, if the refusal had
/// crossed a repeat.
class client_priorities {
public:
  using sender = client_submits::sender;

  /// What to do after an answer, and whose it was.
  struct verdict {
    priority_class of = priority_class::normal;
    client_submits::verdict what;
  };
  using counts = std::array<std::size_t, priority_class_count>;

  client_priorities(client_id client, client_submits::limits most)
      : classes_{client_submits{id_of(client, priority_class::low), most},
                 client_submits{id_of(client, priority_class::normal), most},
                 client_submits{id_of(client, priority_class::high), most}} {}

  /// What the shards call the client as far as tasks of this class go. The first two bits of an id
  /// say the class, so that the last ones, which choose the first shard, stay as they were drawn.
  [[nodiscard]] static client_id id_of(client_id client, priority_class what) {
    const auto drawn = client.value & ((std::uint64_t{1} << class_shift) - 1);
    return {drawn | (1 + static_cast<std::uint64_t>(what)) << class_shift};
  }

  // As those of `client_submits`; high classes go first.
  [[nodiscard]] std::uint32_t shard_count() const { return classes_[0].shard_count(); }
  void open(std::uint32_t shard_count);
  void set_outbox_queues(const std::set<std::string>& queues);
  void add(task_spec&& task, submit_callback&& on_result);
  void flush(std::function<void(result<done>)> on_result);
  void pump(const sender& send);
  void resend_all(const std::function<bool(std::uint32_t shard)>& is_affected, const sender& send);
  void resend(client_id client, std::uint32_t shard, std::uint64_t sequence, const sender& send);
  void tick(const sender& send);
  void defer(const sender& send);
  verdict take(wire::Submitted& answer);
  [[nodiscard]] bool is_idle() const;

  /// Answers every open task with `why`. Returns their number, by class.
  counts fail_all(const failure& why);

private:
  static constexpr unsigned class_shift = 62; // Bits from the end of an id.

  [[nodiscard]] client_submits& of(priority_class what) {
    return classes_[static_cast<std::size_t>(what)];
  }
  [[nodiscard]] static std::optional<priority_class> class_of_client(std::uint64_t client);

  std::array<client_submits, priority_class_count> classes_;
};

} // namespace belfry
