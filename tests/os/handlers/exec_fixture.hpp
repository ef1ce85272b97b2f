#pragma once

#include "os/handlers/exec.hpp"
#include "wire/exec_payload.hpp"

#include <string>

namespace belfry::test {

/// Runs commands as a worker does.
struct exec_fixture {
  exec_limits limits;
  exec_environment environment;
  run_control control;

  run_result exec(const exec_payload& payload) { return exec_text(*write(payload)); }
  run_result shell(const std::string& line) { return exec({.command = {line}, .shell = true}); }
  run_result exec_text(const std::string& payload) {
    run current{{.task = task_id::of({3}, 1042),
                 .token = {77},
                 .attempt = 2,
                 .kind = "exec",
                 .payload = payload},
                control};
    return exec_handler(limits, environment)(current);
  }
};

} // namespace belfry::test
