#include "wire/json_scanner.hpp"

#include <string>
#include <vector>

namespace belfry::wire {

namespace {

bool is_digit(char letter) {
  return letter >= '0' && letter <= '9';
}

bool is_hex_digit(char letter) {
  return is_digit(letter) || (letter >= 'a' && letter <= 'f') || (letter >= 'A' && letter <= 'F');
}

} // namespace

std::size_t utf8_size(std::string_view text) {
  const auto byte = [&](std::size_t index) -> unsigned {
    return index < text.size() ? static_cast<unsigned char>(text[index]) : 0U;
  };
  const auto first = byte(0);
  if (text.empty())
    return 0;
  if (first < 0x80)
    return 1;
  const std::size_t size = first < 0xc2   ? 0
                           : first < 0xe0 ? 2
                           : first < 0xf0 ? 3
                           : first < 0xf5 ? 4
                                          : 0;
  for (std::size_t i = 1; i < size; ++i)
    if ((byte(i) & 0xc0U) != 0x80U)
      return 0;
  // Longer forms than necessary, surrogates, and what is beyond U+10FFFF.
  if ((first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f) ||
      (first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) > 0x8f))
    return 0;
  return size;
}

void json_scanner::skip_blanks() {
  while (next() == ' ' || next() == '\t' || next() == '\n' || next() == '\r')
    ++position_;
}

bool json_scanner::take(char letter) {
  if (is_end() || text_[position_] != letter)
    return false;
  ++position_;
  return true;
}

bool json_scanner::take_word(std::string_view word) {
  if (text_.substr(position_, word.size()) != word)
    return false;
  position_ += word.size();
  return true;
}

bool json_scanner::take_digits() {
  const auto begin = position_;
  while (is_digit(next()))
    ++position_;
  return position_ > begin;
}

bool json_scanner::take_number() {
  take('-');
  if (!take('0') && !take_digits())
    return false;
  if (take('.') && !take_digits())
    return false;
  if (!take('e') && !take('E'))
    return true;
  if (!take('+'))
    take('-');
  return take_digits();
}

bool json_scanner::take_escape() {
  constexpr std::string_view letters = "\"\\/bfnrt";
  if (!take('u')) {
    if (is_end() || letters.find(next()) == std::string_view::npos)
      return false;
    ++position_;
    return true;
  }
  for (int i = 0; i < 4; ++i, ++position_)
    if (!is_hex_digit(next()))
      return false;
  return true;
}

bool json_scanner::take_character() {
  if (take('\\'))
    return take_escape();
  const auto size = utf8_size(text_.substr(position_, 4));
  if (size == 0 || static_cast<unsigned char>(next()) < 0x20)
    return false;
  position_ += size;
  return true;
}

bool json_scanner::take_string() {
  if (!take('"'))
    return false;
  while (!take('"'))
    if (!take_character())
      return false;
  return true;
}

bool json_scanner::take_scalar() {
  switch (next()) {
  case '"':
    return take_string();
  case 'n':
    return take_word("null");
  case 't':
    return take_word("true");
  case 'f':
    return take_word("false");
  default:
    return take_number();
  }
}

namespace {

/// The arrays and objects around the scanner's place, and what may come next there.
class nesting {
public:
  enum class step { value, name, after_value };

  explicit nesting(std::size_t depth_max) : depth_max_(depth_max) {}

  [[nodiscard]] bool is_inside() const { return !closers_.empty(); }
  [[nodiscard]] char closer() const { return closers_.back(); }
  [[nodiscard]] bool is_full() const { return closers_.size() == depth_max_; }
  [[nodiscard]] step first_step() const { return closer() == '}' ? step::name : step::value; }
  void enter(char opener) { closers_.push_back(opener == '{' ? '}' : ']'); }
  void leave() { closers_.pop_back(); }

private:
  std::size_t depth_max_;
  std::vector<char> closers_;
};

failure at_fault(const json_scanner& scanner, const std::string& problem) {
  return {errc::invalid_argument,
          "at byte " + std::to_string(scanner.position() + 1) + ": " + problem};
}

} // namespace

result<done> json_scanner::take_value(std::size_t depth_max) {
  nesting around{depth_max};
  auto step = nesting::step::value;
  do {
    skip_blanks();
    if (step == nesting::step::name) {
      if (!take_string())
        return at_fault(*this, "expected the name of a member, a string in UTF-8");
      skip_blanks();
      if (!take(':'))
        return at_fault(*this, "expected ':' after the name of a member");
      step = nesting::step::value;
    } else if (step == nesting::step::after_value) {
      if (take(','))
        step = around.first_step();
      else if (take(around.closer()))
        around.leave();
      else
        return at_fault(*this, std::string{"expected ',' or '"} + around.closer() + "'");
    } else if (next() == '{' || next() == '[') {
      if (around.is_full())
        return at_fault(*this, "arrays and objects are inside each other, the limit is " +
                                   std::to_string(depth_max) + " deep");
      around.enter(next());
      ++position_;
      skip_blanks();
      step = around.first_step();
      if (take(around.closer())) {
        around.leave();
        step = nesting::step::after_value;
      }
    } else {
      if (!take_scalar())
        return at_fault(*this, "expected a JSON value in UTF-8");
      step = nesting::step::after_value;
    }
  } while (around.is_inside());
  return done{};
}

} // namespace belfry::wire
