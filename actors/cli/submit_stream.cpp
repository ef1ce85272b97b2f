// belfry submit --stream
#include "cli/submit_options.hpp"
#include "cli/text/json_text.hpp"
#include "cli/text/progress.hpp"
#include "cli/text/text_format.hpp"

#include "os/input_file.hpp"
#include "wire/json_reader.hpp"
#include "wire/task_json.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <iostream>
#include <memory>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

namespace belfry::shell {

namespace {

/// The outcomes of a stream's lines, in their order. Any thread may settle a line; one thread takes
/// the outcomes.
class stream_outcomes {
public:
  std::size_t add() {
    std::unique_lock lock{mutex_};
    open_.emplace_back();
    return taken_ + open_.size();
  }

  /// `line` counts from 1.
  void settle(std::size_t line, result<submitted> outcome) {
    std::unique_lock lock{mutex_};
    open_[line - 1 - taken_] = std::move(outcome);
    settled_.notify_one();
  }

  /// The outcome of the first line that was not taken before, if it comes within `timeout`.
  std::optional<result<submitted>> take(duration timeout) {
    std::unique_lock lock{mutex_};
    settled_.wait_for(lock, timeout, [this] { return !open_.empty() && open_.front(); });
    if (open_.empty() || !open_.front())
      return std::nullopt;
    auto outcome = std::move(*open_.front());
    open_.pop_front();
    ++taken_;
    return outcome;
  }

  [[nodiscard]] std::size_t taken() const { return taken_; }

private:
  std::mutex mutex_;
  std::condition_variable settled_;
  std::deque<std::optional<result<submitted>>> open_;
  std::size_t taken_ = 0;
};

/// Prints and counts outcomes.
class stream_report {
public:
  explicit stream_report(bool is_json) : is_json_(is_json) {}

  void add(std::size_t line, const result<submitted>& outcome) {
    if (outcome && outcome->is_deferred)
      ++deferred_;
    if (outcome)
      ++(outcome->is_duplicate ? duplicates_ : accepted_);
    else
      worst_ = std::max(worst_, exit_code_of(outcome.error().code)), ++refused_;
    if (is_json_)
      print_json(line, outcome);
    else if (!outcome && refused_ <= refusals_shown_max)
      print_complaint("line " + std::to_string(line) + ": " + outcome.error().what);
  }

  exit_code end(std::chrono::duration<double> spent) const {
    if (refused_ > refusals_shown_max && !is_json_)
      std::cerr << "belfry: and " << refused_ - refusals_shown_max << " more lines\n";
    const auto all = accepted_ + duplicates_;
    std::ostringstream out;
    out << accepted_ << " tasks accepted";
    if (deferred_ > 0)
      out << " (" << deferred_ << " by an outbox)";
    out << ", " << duplicates_ << " duplicates, " << refused_ << " refused, in "
        << static_cast<double>(static_cast<int>(spent.count() * 100)) / 100 << " s";
    if (spent.count() > 0.1)
      out << " (" << static_cast<std::size_t>(static_cast<double>(all) / spent.count()) << "/s)";
    out << '\n';
    if (is_json_ || !(std::cout << out.str() << std::flush))
      std::cerr << out.str();
    return worst_;
  }

private:
  static constexpr std::size_t refusals_shown_max = 10;

  static void print_json(std::size_t line, const result<submitted>& outcome) {
    auto document = outcome ? to_json(*outcome) : to_json(outcome.error());
    document["line"] = line;
    std::cout << one_line(document) << '\n';
  }

  const bool is_json_;
  std::size_t accepted_ = 0;
  std::size_t deferred_ = 0; // Of them, by an outbox.
  std::size_t duplicates_ = 0;
  std::size_t refused_ = 0;
  exit_code worst_ = exit_code::ok;
};

constexpr std::size_t line_bytes_max = wire::json_limits{}.bytes_max;

void send_line(client& node, const input_line& text, const submit_options& options,
               const std::string& zone, const std::shared_ptr<stream_outcomes>& outcomes) {
  const auto line = outcomes->add();
  if (text.is_too_long)
    return outcomes->settle(
        line, failure{errc::too_large,
                      "the line has more than " + std::to_string(line_bytes_max) + " bytes"});
  auto task = wire::parse_task_json(text.text, options.task, zone);
  if (!task)
    return outcomes->settle(line, task.error());
  node.submit_async(std::move(*task), [outcomes, line](result<submitted> outcome) {
    outcomes->settle(line, std::move(outcome));
  });
}

/// A read error ends the stream, and so does an output that cannot be written: who reads it must
/// learn what each line became. The tasks of the lines before are submitted.
result<exit_code> pump(client& node, input_file& input, const submit_options& options,
                       const program& belfry) {
  constexpr std::size_t report_every = 256;
  const auto begin = std::chrono::steady_clock::now();
  const auto outcomes = std::make_shared<stream_outcomes>();
  stream_report report{belfry.is_json};
  progress bar{"submitting", 0};
  const auto report_next = [&](duration timeout) {
    const auto outcome = outcomes->take(timeout);
    if (outcome)
      report.add(outcomes->taken(), *outcome);
    bar.show(outcomes->taken());
    return outcome.has_value();
  };
  std::size_t sent = 0;
  auto text = input.read_line(line_bytes_max);
  for (; std::cout && text && *text; text = input.read_line(line_bytes_max)) {
    send_line(node, **text, options, belfry.zone, outcomes);
    if (++sent % report_every == 0)
      while (report_next(duration{0}))
        ;
  }
  while (outcomes->taken() < sent && report_next(belfry.request_timeout))
    ;
  if (outcomes->taken() < sent && node.give_up_refused(belfry.request_timeout).ok())
    while (report_next(duration{0}))
      ;
  const auto code = report.end(std::chrono::steady_clock::now() - begin);
  if (outcomes->taken() < sent)
    std::cerr << "belfry: " << sent - outcomes->taken()
              << " lines timed out: they may or may not have been accepted; give tasks a key to "
              << "resubmit them safely\n";
  if (text && *text)
    std::cerr << "belfry: the standard output failed: stopped after line " << sent
              << "; the later lines are not submitted\n";
  if (!text)
    return failure{text.error().code,
                   "after line " + std::to_string(sent) + ": " + text.error().what};
  return outcomes->taken() < sent ? exit_code::timed_out : code;
}

} // namespace

result<exit_code> submit_stream(program& belfry, const submit_options& options) {
  const auto node = belfry.node();
  if (!node)
    return node.error();
  auto input = input_file::open(options.file.empty() ? "-" : options.file);
  if (!input)
    return input.error();
  return pump(**node, *input, options, belfry);
}

} // namespace belfry::shell
