#pragma once

#include <CLI/App.hpp>

#include <string>

namespace belfry::shell {

/// The manual page of the program, section 1, for man(1): every command and every option of `app`.
[[nodiscard]] std::string manual_page(const CLI::App& app);

/// `text` as roff prints it: no letter of it is taken for a request.
[[nodiscard]] std::string escaped_for_roff(const std::string& text);

} // namespace belfry::shell
