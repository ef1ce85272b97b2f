#include "golden.hpp"

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace belfry {

namespace fs = std::filesystem;

namespace {

const fs::path root{BELFRY_GOLDEN_DIRECTORY};
constexpr std::size_t line_bytes = 40;

std::string hex_of(const std::string& bytes) {
  static constexpr auto digits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    text += digits[byte >> 4];
    text += digits[byte & 15];
    if (i % line_bytes == line_bytes - 1)
      text += '\n';
  }
  return text + "\n";
}

std::string bytes_of(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

golden_file read_file(const fs::path& path) {
  golden_file file{
      .generation = path.parent_path().filename(), .name = path.stem(), .bytes = {}, .text = {}};
  std::ifstream in{path};
  std::string hex;
  std::string line;
  while (std::getline(in, line) && line != "---")
    hex += line;
  file.bytes = bytes_of(hex);
  while (std::getline(in, line))
    file.text += line + "\n";
  if (in.bad())
    throw std::runtime_error{"cannot read " + path.string()};
  return file;
}

} // namespace

std::vector<golden_file> read_golden_files() {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator{root})
    if (entry.path().extension() == ".golden")
      paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<golden_file> files;
  for (const auto& path : paths)
    files.push_back(read_file(path));
  return files;
}

void write_golden_file(const golden_file& file) {
  const auto path = root / file.generation / (file.name + ".golden");
  if (fs::exists(path))
    return;
  fs::create_directories(path.parent_path());
  std::ofstream{path} << hex_of(file.bytes) << "---\n" << file.text;
}

} // namespace belfry
