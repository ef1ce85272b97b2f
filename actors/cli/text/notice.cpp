#include "cli/text/notice.hpp"

#include "cli/text/text_format.hpp"

#include <iostream>

namespace belfry::shell {

void print_notice(const program& belfry, const json& document, const std::string& text) {
  if (belfry.is_json)
    std::cerr << one_line(document) << '\n';
  else
    print_complaint(text);
}

} // namespace belfry::shell
