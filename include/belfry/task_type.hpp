#pragma once

#include "belfry/codec.hpp"
#include "belfry/handler.hpp"
#include "belfry/options.hpp"
#include "belfry/task.hpp"

#include <concepts>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace belfry {

namespace internal {

/// The output of a run that succeeded with `bytes`. Too many are a failure: a truncated encoding
/// could not be decoded.
inline run_result run_result_of_bytes(std::string bytes) {
  constexpr auto bytes_max = run_limits{}.output_bytes_max;
  if (bytes.size() > bytes_max)
    return run_result::failed_permanently(
        "output_too_large", "the output has " + std::to_string(bytes.size()) +
                                " bytes, expected at most " + std::to_string(bytes_max));
  return run_result::success(std::move(bytes));
}

/// What a handler with outputs of `Output` has returned, as the result of its run.
template <class Output, class Answer>
run_result typed_result_of(Answer answer) {
  if constexpr (std::is_same_v<Answer, run_result>) {
    return answer;
  } else if constexpr (std::is_convertible_v<Answer, Output>) {
    return run_result_of_bytes(codec<Output>::encode(std::move(answer)));
  } else {
    static_assert(std::is_same_v<Answer, result<Output>>,
                  "a handler of a task_type returns its output, a result of it, or a run_result");
    if (!answer)
      return run_result_of(result<done>{answer.error()});
    return run_result_of_bytes(codec<Output>::encode(std::move(*answer)));
  }
}

/// Calls `function` with a decoded payload.
template <class Output, class Function, class Payload>
run_result call_typed(Function& function, run& current, const Payload& payload) {
  using answer = std::invoke_result_t<Function&, run&, const Payload&>;
  if constexpr (std::is_void_v<answer>) {
    static_assert(std::is_same_v<Output, done>, "a handler with an output returns it");
    function(current, payload);
    return run_result::success();
  } else {
    return typed_result_of<Output, answer>(function(current, payload));
  }
}

} // namespace internal

/// One kind of task, as the programs that submit it and those that run it share it in a header: the
/// types of its payload and its output, and the defaults of its tasks.
///
///     const task_type<order, receipt> charge{
///         {.kind = "charge", .queue = "money", .timeout = 30s}};
///
/// The defaults are those of a submission: `task` copies them into each new task, so they apply
/// whatever worker runs the task, and a program may change them in each. Other submitters, such as
/// the program `belfry`, state their own. A change applies to tasks that are submitted after it.
///
/// Immutable: may be used from any thread.
template <encodable Payload, encodable Output = done>
class task_type {
public:
  /// Requires: `defaults` has a kind. Its payload is ignored.
  explicit task_type(task_spec defaults) : defaults_(std::move(defaults)) {}

  [[nodiscard]] const std::string& kind() const { return defaults_.kind; }
  [[nodiscard]] const task_spec& defaults() const { return defaults_; }

  /// A task with this payload and the defaults, to submit or to change before; also for the task of
  /// a schedule.
  [[nodiscard]] task_spec task(const Payload& payload) const {
    auto spec = defaults_;
    spec.payload = codec<Payload>::encode(payload);
    return spec;
  }

  /// The output of a task of this kind that has succeeded. Fails with `errc::wrong_state` for any
  /// other state, and names it and the last error; and as the codec does.
  [[nodiscard]] result<Output> output(const task_info& task) const {
    if (task.state == task_state::succeeded)
      return codec<Output>::decode(task.output);
    auto text = "task " + to_string(task.id) + " is " + std::string{to_string(task.state)};
    if (!task.last_error.empty())
      text += ": " + task.last_error;
    return failure{errc::wrong_state, std::move(text)};
  }

  /// A handler that calls `function(run&, const Payload&)`, which returns an `Output`, a result of
  /// one, a `run_result`, or nothing if there is no output; it need not be copyable. The handler
  /// fails permanently with `invalid_payload` if the codec refuses the payload, and with
  /// `output_too_large` if the encoded output is longer than a result may be.
  template <std::invocable<run&, const Payload&> Function>
  [[nodiscard]] handler handler_of(Function function) const {
    auto shared = std::make_shared<Function>(std::move(function));
    return [shared = std::move(shared)](run& current) {
      const auto payload = codec<Payload>::decode(current.payload());
      if (!payload)
        return run_result::failed_permanently("invalid_payload", payload.error().what);
      return internal::call_typed<Output>(*shared, current, *payload);
    };
  }

private:
  task_spec defaults_;
};

} // namespace belfry
