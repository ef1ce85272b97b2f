#pragma once

#include "client/client_submits.hpp"

#include "support/answers.hpp"
#include "wire/envelope.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

namespace belfry::test {

/// Submissions of client 77; the test is the shards and the outboxes that they are sent to.
class submits_fixture {
protected:
  static constexpr std::uint32_t resend_ticks = 5;
  static constexpr std::uint32_t defer_ticks = 2;

  client_submits submits{{77},
                         {.batch_max = 3,
                          .bytes_max = 1'000,
                          .resend_ticks = resend_ticks,
                          .defer_ticks = defer_ticks}};
  std::vector<wire::Submit> sent;
  std::vector<std::string> answers; // In the order in which they came: "a 0-1", "b overloaded".

  client_submits::sender send = [this](std::uint32_t shard, const std::vector<char>& bytes) {
    record(shard, bytes, sent);
  };

  std::vector<wire::Submit> deferred;
  client_submits::sender send_to_outbox = [this](std::uint32_t shard,
                                                 const std::vector<char>& bytes) {
    record(shard, bytes, deferred);
  };
  void pass_ticks(std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) {
      submits.tick(send);
      submits.defer(send_to_outbox);
    }
  }

  static void record(std::uint32_t shard, const std::vector<char>& bytes,
                     std::vector<wire::Submit>& into) {
    wire::Submit message;
    REQUIRE(wire::open(bytes, message));
    REQUIRE(message.shard() == shard);
    into.push_back(std::move(message));
  }

  void add(const std::string& name, const std::string& key = "", std::size_t payload_bytes = 1) {
    task_spec task;
    task.kind = name;
    task.key = key;
    task.payload = std::string(payload_bytes, 'x');
    submits.add(std::move(task), [this, name](result<submitted> outcome) {
      answers.push_back(name + " " +
                        (outcome ? to_string(outcome->id) + (outcome->is_duplicate ? " again" : "")
                                 : std::string{to_string(outcome.error().code)}));
    });
  }

  /// The shard's answer to `to`: all accepted, with ids from 100 times the sequence on.
  static wire::Submitted accepted(const wire::Submit& to) {
    auto answer = answer_to(to);
    for (int i = 0; i < to.tasks_size(); ++i)
      answer.add_outcomes()->set_id(
          task_id::of({static_cast<std::uint16_t>(to.shard())}, to.sequence() * 100 + i).value);
    return answer;
  }

  static wire::Submitted refused(const wire::Submit& to, errc code, std::uint32_t retry_after_ms) {
    auto answer = answer_to(to);
    answer.mutable_failure()->set_code(static_cast<std::uint32_t>(code));
    answer.mutable_failure()->set_what("no");
    answer.mutable_failure()->set_retry_after_ms(retry_after_ms);
    return answer;
  }

  client_submits::verdict on_submitted(wire::Submitted answer) {
    return submits.on_submitted(answer);
  }

  std::string kinds(std::size_t index) const {
    std::string all;
    for (const auto& task : sent.at(index).tasks())
      all += task.kind();
    return all;
  }
};

} // namespace belfry::test
