#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

namespace belfry::test {

inline const std::string program = BELFRY_PROGRAM;

struct command_result {
  int status = -1;
  std::string text; // Both outputs together.

  [[nodiscard]] bool contains(const std::string& expected) const {
    return text.find(expected) != std::string::npos;
  }
  /// The first word.
  [[nodiscard]] std::string word() const { return text.substr(0, text.find_first_of(" \n")); }
};

inline command_result shell(const std::string& line) {
  command_result outcome;
  auto* pipe = popen(("{ " + line + "; } 2>&1").c_str(), "r");
  std::array<char, 4096> piece{};
  while (const auto size = fread(piece.data(), 1, piece.size(), pipe))
    outcome.text.append(piece.data(), size);
  const auto ended = pclose(pipe);
  outcome.status = WIFEXITED(ended) ? WEXITSTATUS(ended) : -1;
  return outcome;
}

/// The next line of a pipe.
inline std::string line_of(FILE* from) {
  std::array<char, 256> text{};
  REQUIRE(std::fgets(text.data(), text.size(), from));
  std::string read = text.data();
  return read.substr(0, read.find('\n'));
}

/// Whether `holds` returns true soon; it is called for a minute at least, with these pauses.
template <class Condition>
bool eventually(Condition holds, unsigned pause_ms = 10) {
  for (auto tries = 60'000 / pause_ms; tries > 0; --tries) {
    if (holds())
      return true;
    usleep(pause_ms * 1'000);
  }
  return false;
}

/// A directory of its own, gone with the test.
class temporary_directory {
public:
  temporary_directory() {
    std::string pattern = std::filesystem::temp_directory_path() / "belfry-cli-XXXXXX";
    directory = mkdtemp(pattern.data());
  }
  ~temporary_directory() { std::filesystem::remove_all(directory); }
  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;

  /// What programs have written to the file `log` in it.
  [[nodiscard]] std::string log() const {
    std::ifstream file{directory + "/log"};
    return {std::istreambuf_iterator<char>{file}, {}};
  }

  std::string directory;
};

/// `belfry node` with these flags, at a free port if they name none, and perhaps a `NAME=value` in
/// its environment: stopped with this object, unless it has ended before.
class node_program {
public:
  explicit node_program(const std::string& flags, const std::string& variable = "") {
    const auto has = [&flags](const char* flag) { return flags.find(flag) != std::string::npos; };
    node_ = popen(("echo $$; " + variable + " exec " + program + " node " +
                   (has("--slots") ? "" : "--slots 2 ") + (has("--port") ? "" : "--port 0 ") +
                   flags + (has("--log-level") ? "" : " --log-level off"))
                      .c_str(),
                  "r");
    pid_ = std::atoi(line_of(node_).c_str());
    const auto listening = line_of(node_);
    const std::string start = "listening on ";
    REQUIRE(listening.find(start + "127.") == 0);
    address_ = listening.substr(start.size());
    port_ = address_.substr(address_.rfind(':') + 1);
  }
  ~node_program() {
    if (node_)
      CHECK(end(SIGTERM) == 0);
  }
  node_program(const node_program&) = delete;
  node_program& operator=(const node_program&) = delete;

  /// Sends it a signal, 0 for none, and returns how it ended, as `wait` does.
  int end(int signal) {
    if (signal != 0)
      kill(pid_, signal);
    return pclose(std::exchange(node_, nullptr));
  }

  /// `belfry` with these arguments.
  [[nodiscard]] command_result belfry(const std::string& arguments,
                                      const std::string& before = "") const {
    auto outcome = shell(before + " BELFRY_NODE=" + address_ + " " + program + " " + arguments);
    UNSCOPED_INFO("belfry " << arguments << "\n" << outcome.text << "status " << outcome.status);
    return outcome;
  }
  /// The next line that it writes to its standard output; waits for it.
  std::string next_line() { return line_of(node_); }
  /// Where it listens: `127.0.0.1:PORT`, unless its flags name another address.
  [[nodiscard]] const std::string& address() const { return address_; }
  [[nodiscard]] const std::string& port() const { return port_; }
  [[nodiscard]] int pid() const { return pid_; }

private:
  FILE* node_ = nullptr;
  int pid_ = 0;
  std::string address_;
  std::string port_;
};

/// `belfry node` that runs tasks of others, with these flags; its output can be read.
class worker_program {
public:
  explicit worker_program(const std::string& flags)
      : worker_(popen(("echo $$; exec " + program + " node --slots 1 " + flags + " 2>&1").c_str(),
                      "r")),
        pid_(std::atoi(line_of(worker_).c_str())) {}
  ~worker_program() {
    if (worker_)
      CHECK(end().status == 0);
  }
  worker_program(const worker_program&) = delete;
  worker_program& operator=(const worker_program&) = delete;

  /// The next line that says `expected` or `alternative`; waits for it.
  std::string line_with(const std::string& expected, const std::string& alternative = "\n") {
    for (;;)
      if (auto line = line_of(worker_);
          line.find(expected) != std::string::npos || line.find(alternative) != std::string::npos)
        return line;
  }

  /// Ends it gracefully; returns what it has said since.
  command_result end() {
    kill(pid_, SIGTERM);
    command_result outcome;
    for (int letter = std::fgetc(worker_); letter != EOF; letter = std::fgetc(worker_))
      outcome.text.push_back(static_cast<char>(letter));
    outcome.status = pclose(std::exchange(worker_, nullptr));
    return outcome;
  }

private:
  FILE* worker_ = nullptr;
  int pid_ = 0;
};

} // namespace belfry::test
