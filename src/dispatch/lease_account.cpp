#include "dispatch/lease_account.hpp"

#include <algorithm>
#include <iterator>

namespace belfry {

std::uint64_t lease_account::ask(moment now) {
  asked_[++latest_] = now;
  return latest_;
}

std::uint64_t lease_account::beat(moment now) {
  if (!answers_beats_) {
    renew(now);
    return 0;
  }
  beats_[++latest_] = now;
  return latest_;
}

bool lease_account::attached(std::uint64_t number, bool answers_beats) {
  if (number == 0 && is_asking())
    number = asked_.rbegin()->first;
  const auto sent = take(asked_, number);
  if (!sent)
    return false;
  renew(*sent);
  answers_beats_ = answers_beats;
  is_in_doubt_ = false;
  return true;
}

void lease_account::heard(std::uint64_t number) {
  if (const auto sent = take(beats_, number))
    renew(*sent);
}

void lease_account::cut() {
  asked_.clear();
  beats_.clear();
}

bool lease_account::begins_to_doubt(moment now, duration length) {
  if (is_in_doubt_ || !since_ || now <= *since_ + length)
    return false;
  is_in_doubt_ = true;
  cut(); // The answers that are under way were given before.
  return true;
}

/// Those before it are answered with it: a connection keeps their order.
std::optional<lease_account::moment> lease_account::take(words& sent, std::uint64_t number) {
  const auto found = sent.find(number);
  if (found == sent.end())
    return std::nullopt;
  const auto at = found->second;
  sent.erase(sent.begin(), std::next(found));
  return at;
}

void lease_account::renew(moment sent) {
  since_ = std::max(since(), sent);
}

} // namespace belfry
