#pragma once

#include "belfry/result.hpp"

#include <cstddef>
#include <string_view>

namespace belfry::wire {

/// Goes through the text of a JSON document from its front. Each function consumes what it names
/// and returns whether it was there, well formed; if not, the scanner stands at the fault.
class json_scanner {
public:
  explicit json_scanner(std::string_view text) : text_(text) {}

  void skip_blanks();
  bool take(char letter);
  /// The next byte; 0 at the end.
  [[nodiscard]] char next() const { return is_end() ? '\0' : text_[position_]; }
  [[nodiscard]] bool is_end() const { return position_ == text_.size(); }
  [[nodiscard]] std::size_t position() const { return position_; }
  [[nodiscard]] std::string_view since(std::size_t begin) const {
    return text_.substr(begin, position_ - begin);
  }

  /// A string with its quotes, a number, or one of the words null, true and false.
  bool take_scalar();
  bool take_string();
  /// A whole value; arrays and objects at most `depth_max` deep inside each other. Uses no stack.
  result<done> take_value(std::size_t depth_max);

private:
  bool take_word(std::string_view word);
  bool take_digits();
  bool take_number();
  bool take_escape();
  bool take_character();

  std::string_view text_;
  std::size_t position_ = 0;
};

} // namespace belfry::wire
