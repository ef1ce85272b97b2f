#include "client/client_requests.hpp"

#include "wire/shard_of.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace belfry;

namespace {

class requests_fixture {
protected:
  client_requests requests{3};
  std::vector<wire::Request> sent;
  std::vector<std::string> answers;

  client_requests::sender send = [this](const wire::Request& request) { sent.push_back(request); };

  std::uint64_t ask(std::uint64_t task, std::uint32_t timeout_ticks = 100,
                    const std::string& schedule_name = "") {
    request_call call;
    call.request.mutable_get()->set_id(task);
    call.schedule_name = schedule_name;
    call.request_timeout = duration{500};
    call.on_result = [this](result<wire::Response> outcome) {
      answers.push_back(outcome ? "task " + std::to_string(outcome->task().id())
                                : std::string{to_string(outcome.error().code)} + ": " +
                                      outcome.error().what);
    };
    return requests.add(std::move(call), timeout_ticks).correlation();
  }

  wire::Request sent_again(std::uint64_t correlation) {
    requests.resend(correlation, send);
    return sent.back();
  }

  void tick(std::size_t times, const std::string& unavailable_reason = "") {
    while (times-- > 0)
      requests.tick(send, unavailable_reason);
  }

  void answer(std::uint64_t correlation, std::uint64_t task) {
    wire::Response from;
    from.set_correlation(correlation);
    from.mutable_task()->set_id(task);
    CHECK_FALSE(requests.on_response(from));
  }
};

} // namespace

TEST_CASE_METHOD(requests_fixture, "an answer goes to its own request", "[client]") {
  const auto first = ask(1);
  const auto second = ask(2);
  CHECK(first != second);
  answer(second, 2);
  answer(first, 1);
  CHECK(answers == std::vector<std::string>{"task 2", "task 1"});
  CHECK(requests.is_idle());
}

TEST_CASE_METHOD(requests_fixture, "an answer that nobody waits for is ignored", "[client]") {
  const auto correlation = ask(1);
  answer(correlation + 17, 5);
  CHECK(answers.empty());
  answer(correlation, 1);
  answer(correlation, 1);
  CHECK(answers.size() == 1);
}

TEST_CASE_METHOD(requests_fixture, "a refusal is an answer", "[client]") {
  wire::Response from;
  from.set_correlation(ask(1));
  from.mutable_failure()->set_code(static_cast<std::uint32_t>(errc::not_found));
  from.mutable_failure()->set_what("no such task");
  CHECK_FALSE(requests.on_response(from));
  CHECK(answers == std::vector<std::string>{"not_found: no such task"});
}

TEST_CASE_METHOD(requests_fixture, "an unanswered request is resent at growing intervals",
                 "[client]") {
  ask(1);
  tick(2);
  CHECK(sent.empty());
  tick(1);
  CHECK(sent.size() == 1);
  tick(5);
  CHECK(sent.size() == 1);
  tick(1);
  CHECK(sent.size() == 2);
  CHECK(sent[0].correlation() == sent[1].correlation());
  tick(12 + 12 + 12);
  CHECK(sent.size() == 5);
}

TEST_CASE_METHOD(requests_fixture, "a request fails at its timeout", "[client]") {
  const auto correlation = ask(1, 2);
  tick(2);
  CHECK(answers.empty());
  tick(1);
  CHECK(answers == std::vector<std::string>{"timed_out: no answer within 500 ms"});
  answer(correlation, 1);
  CHECK(answers.size() == 1);
}

TEST_CASE_METHOD(requests_fixture, "without a connection the failure says so", "[client]") {
  ask(1, 0);
  tick(1, "no node answers at x:1");
  CHECK(answers ==
        std::vector<std::string>{"unavailable: no node answers at x:1; no answer within 500 ms"});
}

TEST_CASE_METHOD(requests_fixture, "a new connection resends all open requests", "[client]") {
  ask(1);
  answer(ask(2), 2);
  ask(3, 100, "nightly");
  requests.resend_all(
      8, [](std::uint32_t) { return true; }, send);
  REQUIRE(sent.size() == 2);
  CHECK(sent[0].get().id() == 1);
  CHECK(sent[1].shard() == wire::shard_of_schedule("nightly", 8));
}

TEST_CASE_METHOD(requests_fixture, "all requests fail when the client closes", "[client]") {
  ask(1);
  ask(2);
  requests.fail_all({errc::cancelled, "closed"});
  CHECK(answers == std::vector<std::string>{"cancelled: closed", "cancelled: closed"});
  CHECK(requests.is_idle());
}

TEST_CASE_METHOD(requests_fixture, "a request to an unavailable shard is resent after a back-off",
                 "[client]") {
  wire::Response from;
  const auto correlation = ask(1, 5);
  from.set_correlation(correlation);
  from.mutable_failure()->set_code(static_cast<std::uint32_t>(errc::unavailable));
  from.mutable_failure()->set_what("shard 0 is starting");
  from.mutable_failure()->set_retry_after_ms(25);

  CHECK(requests.on_response(from) == duration{25});
  CHECK(answers.empty());
  requests.resend(correlation, send);
  CHECK(sent.size() == 1);
  SECTION("until it is answered") {
    answer(correlation, 1);
    CHECK(answers == std::vector<std::string>{"task 1"});
    requests.resend(correlation, send);
    CHECK(sent.size() == 1);
  }
  SECTION("or patience ends: then the last word of it is the reason") {
    tick(6);
    REQUIRE(answers.size() == 1);
    CHECK(answers[0].find("unavailable: shard 0 is starting; no answer within ") == 0);
  }
}

TEST_CASE_METHOD(requests_fixture, "a caller that gives up learns why there is no answer",
                 "[client]") {
  constexpr std::uint64_t patient = 1;
  constexpr std::uint64_t impatient = 2;
  const auto ask_as = [this](std::uint64_t group) {
    request_call call;
    call.request_timeout = duration{500};
    call.group = group;
    call.on_result = [this, group](const result<wire::Response>& outcome) {
      answers.push_back(std::to_string(group) + " " + outcome.error().what);
    };
    return requests.add(std::move(call), 100).correlation();
  };
  const auto refuse = [this](std::uint64_t correlation) {
    wire::Response from;
    from.set_correlation(correlation);
    from.mutable_failure()->set_code(static_cast<std::uint32_t>(errc::unavailable));
    from.mutable_failure()->set_what("shard 0 is recovering");
    from.mutable_failure()->set_retry_after_ms(25);
    CHECK(requests.on_response(from));
  };
  refuse(ask_as(patient));
  const auto refused = ask_as(impatient);
  ask_as(impatient); // Nothing is known about this one.
  refuse(refused);
  SECTION("while a node lets it wait") {
    requests.give_up(impatient, "");
    CHECK(answers == std::vector<std::string>{"2 shard 0 is recovering; no answer within 500 ms"});
  }
  SECTION("but not an old reason") {
    requests.resend(refused, send);
    tick(2);
    requests.give_up(impatient, "");
    CHECK(answers.empty());
  }
  SECTION("without a connection") {
    requests.give_up(impatient, "no route");
    CHECK(answers == std::vector<std::string>{"2 no route; no answer within 500 ms",
                                              "2 no route; no answer within 500 ms"});
  }
}

TEST_CASE_METHOD(requests_fixture, "a command names the epoch that its shard has reported last",
                 "[client]") {
  const auto command = [this] {
    request_call call;
    call.request.mutable_cancel()->set_id(1);
    call.on_result = [this](const result<wire::Response>&) { answers.emplace_back("done"); };
    return requests.add(std::move(call), 5);
  };
  CHECK_FALSE(sent_again(ask(1)).has_epoch());
  const auto first = command();
  CHECK(first.epoch() == 0);
  wire::Response from;
  from.set_correlation(first.correlation());
  from.set_epoch(7);
  from.mutable_failure()->set_code(static_cast<std::uint32_t>(errc::unavailable));
  from.mutable_failure()->set_retry_after_ms(1);
  CHECK(requests.on_response(from) == duration{1});
  CHECK(sent_again(first.correlation()).epoch() == 7);
  CHECK(command().epoch() == 7);
}
