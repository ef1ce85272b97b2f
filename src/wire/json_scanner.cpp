#include "wire/json_scanner.hpp"

#include "text/utf8.hpp"

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
  const auto lead = static_cast<unsigned char>(next());
  if (lead < 0x20) // Or the end of the text.
    return false;
  if (lead < 0x80) {
    ++position_;
    return true;
  }
  const auto character = first_code_point(text_.substr(position_));
  position_ += character ? character->bytes : 0;
  return character.has_value();
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
