// belfry submit --stream
#include "cli/submit_options.hpp"
#include "cli/text/json_text.hpp"
#include "cli/text/notice.hpp"
#include "cli/text/progress.hpp"
#include "cli/text/text_format.hpp"

#include "os/input_file.hpp"
#include "os/input_wait.hpp"
#include "time/time_text.hpp"
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

/// What one line of the stream became.
struct line_outcome {
  std::size_t line = 0; ///< its number in the input, from 1 on
  std::optional<result<submitted>> outcome;
};

/// The outcomes of a stream's lines, in their order. Any thread may settle a line; one thread takes
/// the outcomes, and waits for them and for input at once.
class stream_outcomes {
public:
  /// Returns the number by which the line of this number in the input is settled.
  std::size_t add(std::size_t line) {
    const std::unique_lock lock{mutex_};
    open_.push_back({line, std::nullopt});
    return taken_ + open_.size() - 1;
  }

  void settle(std::size_t number, result<submitted> outcome) {
    const std::unique_lock lock{mutex_};
    open_[number - taken_].outcome = std::move(outcome);
    if (number == taken_ && !std::exchange(is_woken_, true))
      input_.wake();
    settled_.notify_one();
  }

  /// The outcome of the first line that was not taken before, if it comes within `timeout`.
  std::optional<line_outcome> take(duration timeout) {
    std::unique_lock lock{mutex_};
    settled_.wait_for(lock, timeout, [this] { return is_next_settled(); });
    if (!is_next_settled())
      return std::nullopt;
    auto outcome = std::move(open_.front());
    open_.pop_front();
    ++taken_;
    return outcome;
  }

  /// Waits until there is input, or the next outcome can be taken: `woken`, perhaps too early.
  input_event wait(int input, std::optional<duration> timeout) {
    const auto event = input_.wait(input, timeout);
    const std::unique_lock lock{mutex_};
    if (event == input_event::woken)
      is_woken_ = false;
    return event;
  }

  /// The number in the input of the first line without an outcome that was taken; 0: there is none.
  [[nodiscard]] std::size_t first_open() const {
    const std::unique_lock lock{mutex_};
    return open_.empty() ? 0 : open_.front().line;
  }
  [[nodiscard]] std::size_t open_count() const {
    const std::unique_lock lock{mutex_};
    return open_.size();
  }

private:
  [[nodiscard]] bool is_next_settled() const { return !open_.empty() && open_.front().outcome; }

  mutable std::mutex mutex_;
  std::condition_variable settled_;
  std::deque<line_outcome> open_;
  std::size_t taken_ = 0;
  input_wait input_;
  bool is_woken_ = false; // Since the last wait.
};

/// Prints and counts outcomes.
class stream_report {
public:
  explicit stream_report(bool is_json) : is_json_(is_json) {}

  void add(std::size_t line, const result<submitted>& outcome) {
    last_line_ = line;
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

  /// What reads the output sees all lines so far.
  void flush() {
    if (std::cout.flush())
      written_line_ = last_line_;
  }

  /// Outcomes of later lines may be missing in the output.
  [[nodiscard]] std::size_t written_line() const { return written_line_; }
  [[nodiscard]] std::size_t count() const { return accepted_ + duplicates_ + refused_; }

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
  std::size_t last_line_ = 0;
  std::size_t written_line_ = 0;
  std::size_t accepted_ = 0;
  std::size_t deferred_ = 0; // Of them, by an outbox.
  std::size_t duplicates_ = 0;
  std::size_t refused_ = 0;
  exit_code worst_ = exit_code::ok;
};

constexpr std::size_t line_bytes_max = wire::json_limits{}.bytes_max;

bool is_blank(const input_line& line) {
  return !line.is_too_long && line.text.find_first_not_of(" \t\r\v\f") == std::string::npos;
}

/// A read error ends the stream, and so does an output that cannot be written: who reads it must
/// learn what each line became. The tasks of the lines before are submitted.
///
/// Outcomes are printed as soon as they are known, also while no input comes: a program
/// that waits for the outcome of its line before it writes the next one gets it.
class stream_run {
public:
  stream_run(client& node, const submit_options& options, const program& belfry)
      : node_(node), options_(options), belfry_(belfry), report_(belfry.is_json) {}

  result<exit_code> go(input_file& input) {
    const auto begin = std::chrono::steady_clock::now();
    input.set_read_guard([this](int descriptor) { return wait_for_input(descriptor); });
    const auto read_to_end = send_lines(input);
    if (read_to_end)
      bar_.set_total(lines_sent_, true);
    settle_all();
    const auto code = report_.end(std::chrono::steady_clock::now() - begin);
    const auto unanswered = outcomes_->open_count();
    if (unanswered > 0)
      std::cerr << "belfry: " << unanswered
                << " lines timed out: they may or may not have been accepted; give tasks a key to "
                << "resubmit them safely\n";
    if (!std::cout && (belfry_.is_json || !is_at_end_))
      complain_about_output();
    if (!read_to_end)
      return failure{read_to_end.error().code,
                     "after line " + std::to_string(line_) + ": " + read_to_end.error().what};
    return unanswered > 0 ? exit_code::timed_out : code;
  }

private:
  result<done> send_lines(input_file& input) {
    for (;;) {
      const auto text = input.read_line(line_bytes_max);
      if (!text)
        return text.error();
      is_at_end_ = !*text && std::cout;
      if (!*text || !std::cout) // Of the line under way the guard may have cut the end.
        return done{};
      ++line_;
      if (!is_blank(**text) && !take(**text))
        send(**text);
      estimate_total(input);
    }
  }

  /// Whether the line is no task.
  bool take(const input_line& text) {
    if (!options_.take_line || text.is_too_long)
      return false;
    const auto taken = options_.take_line(text.text, line_);
    if (taken && !*taken) {
      ++lines_sent_;
      outcomes_->settle(outcomes_->add(line_), taken->error());
    }
    return taken.has_value();
  }

  /// The lines that are to come are taken to be as long as those before.
  void estimate_total(const input_file& input) {
    const auto size = input.size();
    if (!size || lines_sent_ == 0 || input.bytes_taken() == 0)
      return;
    const auto share = static_cast<double>(*size) / static_cast<double>(input.bytes_taken());
    bar_.set_total(static_cast<std::size_t>(static_cast<double>(lines_sent_) * share + 0.5), false);
  }

  void send(const input_line& text) {
    const auto number = outcomes_->add(line_);
    ++lines_sent_;
    if (text.is_too_long)
      return outcomes_->settle(
          number, failure{errc::too_large,
                          "the line has more than " + std::to_string(line_bytes_max) + " bytes"});
    auto task = wire::parse_task_json(text.text, options_.task, belfry_.zone);
    if (!task)
      return outcomes_->settle(number, task.error());
    if (const auto checked = check_exec_payload(*task); !checked)
      return outcomes_->settle(number, checked.error());
    node_.submit_async(std::move(*task), [outcomes = outcomes_, number](result<submitted> outcome) {
      outcomes->settle(number, std::move(outcome));
    });
  }

  /// Prints outcomes until there is input. False: the output has failed.
  bool wait_for_input(int input) {
    for (bool is_told = false;;) {
      report_known();
      if (!std::cout)
        return false;
      const bool is_limited = outcomes_->open_count() > 0 && !is_told;
      const auto limit = is_limited ? std::optional{belfry_.request_timeout} : std::nullopt;
      const auto event = outcomes_->wait(input, limit);
      if (event == input_event::readable)
        return true;
      is_told = event == input_event::timed_out;
      if (is_told)
        tell_of_silence();
    }
  }

  void tell_of_silence() {
    const auto line = outcomes_->first_open();
    print_notice(belfry_, json{{"notice", "no_answer"}, {"line", line}},
                 "line " + std::to_string(line) + " has no answer for " +
                     format_duration(belfry_.request_timeout) +
                     ": the node does not respond, or cannot accept it now; still trying");
  }

  void print_progress(const progress_counts& counts) const {
    json document{{"notice", "progress"}, {"done", counts.done}};
    if (counts.total > 0) {
      document["total"] = counts.total;
      document["is_total_exact"] = counts.is_total_exact;
    }
    document["per_second"] = counts.rate();
    if (counts.left() > duration{0})
      document["left_ms"] = counts.left().count();
    print_notice(belfry_, document, "submitting: " + progress_sentence(counts));
  }

  bool report_next(duration timeout) {
    const auto next = outcomes_->take(timeout);
    if (next)
      report_.add(next->line, *next->outcome);
    bar_.show(report_.count());
    return next.has_value();
  }

  /// One flush for all that is known: with many outcomes at once they leave in large pieces.
  void report_known() {
    bool is_any = false;
    while (report_next(duration{0}))
      is_any = true;
    if (is_any)
      report_.flush();
  }

  /// After the last line: each outcome may take as long as the node may take to respond.
  void settle_all() {
    report_known();
    while (outcomes_->open_count() > 0 && report_next(belfry_.request_timeout))
      report_known();
    if (outcomes_->open_count() > 0 && node_.give_up_refused(belfry_.request_timeout).ok())
      report_known();
    report_.flush();
  }

  void complain_about_output() const {
    std::string text = "the standard output failed";
    if (belfry_.is_json)
      text += ": it may lack the outcomes of the lines after line " +
              std::to_string(report_.written_line());
    if (!is_at_end_)
      text +=
          "; stopped after line " + std::to_string(line_) + ", the later lines are not submitted";
    print_complaint(text);
  }

  client& node_;
  const submit_options& options_;
  const program& belfry_;
  /// Shared with the client, whose threads may settle lines after the stream has given them up.
  const std::shared_ptr<stream_outcomes> outcomes_ = std::make_shared<stream_outcomes>();
  stream_report report_;
  progress bar_{"submitting", 0, [this](const auto& counts) { print_progress(counts); }};
  std::size_t line_ = 0;       // The last one that was read.
  std::size_t lines_sent_ = 0; // Of them, those that have an outcome.
  bool is_at_end_ = false;     // Of the input.
};

} // namespace

result<exit_code> submit_stream(program& belfry, const submit_options& options) {
  const auto node = belfry.node();
  if (!node)
    return node.error();
  auto input = input_file::open(options.file.empty() ? "-" : options.file);
  if (!input)
    return input.error();
  return stream_run{**node, options, belfry}.go(*input);
}

} // namespace belfry::shell
