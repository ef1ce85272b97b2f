#include "mutations.hpp"

#include "source_tree.hpp"

#include <algorithm>

namespace belfry::tidy {

namespace {

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t times = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++times;
  return times;
}

void check_edit(const source_file& mutation, const std::string& path, const std::string& old,
                std::vector<std::string>& findings) {
  const auto* file = file_at(path);
  const auto times = file ? count(file->text, old) : 0;
  if (times != 1)
    findings.push_back(mutation.path + ": its text occurs " + std::to_string(times) + " times in " +
                       path + ", expected once");
}

/// The simulator reports the probe by its text, so the text must be that of the source.
void check_probe(const source_file& mutation, const std::string& probe,
                 std::vector<std::string>& findings) {
  const auto declares = [&](const source_file& file) {
    return file.is_cpp() && !file.is_in("tests") &&
           file.text.find("{\"" + probe + "\"}") != std::string::npos;
  };
  const auto& files = all_files();
  if (std::none_of(files.begin(), files.end(), declares))
    findings.push_back(mutation.path + ": there is no coverage probe '" + probe + "'");
}

void check_mutation(const source_file& mutation, std::vector<std::string>& findings) {
  std::string path;
  std::string old;
  bool is_old = false;
  for (const auto& line : mutation.lines) {
    if (line.starts_with("probe: ")) {
      check_probe(mutation, line.substr(7), findings);
    } else if (line.starts_with("=== ")) {
      path = line.substr(4);
      old.clear();
      is_old = true;
    } else if (line == "--->") {
      check_edit(mutation, path, old, findings);
      is_old = false;
    } else if (is_old) {
      old += line + "\n";
    }
  }
  if (path.empty())
    findings.push_back(mutation.path + ": changes no file");
}

} // namespace

std::vector<std::string> stale_mutations() {
  std::vector<std::string> findings;
  for (const auto& file : all_files())
    if (file.ends_with(".mutation"))
      check_mutation(file, findings);
  return findings;
}

} // namespace belfry::tidy
