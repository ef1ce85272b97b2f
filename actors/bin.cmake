# The program `belfry`. Its parts are a library, so that tests can reach them.
add_library(belfry_shell STATIC
  bin/base64.cpp bin/cluster.cpp
  bin/crontab_schedules.cpp bin/flags.cpp bin/import_crontab.cpp bin/json_text.cpp
  bin/list.cpp bin/orders.cpp bin/program.cpp bin/progress.cpp bin/queues.cpp bin/schedules.cpp
  bin/security_flags.cpp bin/spec_json.cpp bin/status.cpp bin/submit.cpp bin/submit_stream.cpp
  bin/table.cpp bin/tasks.cpp bin/words.cpp ${PROJECT_SOURCE_DIR}/src/os/stop_signals.cpp)
target_include_directories(belfry_shell PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}/bin
                                               ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(belfry_shell PUBLIC belfry_words belfry_cron CLI11::CLI11
  nlohmann_json::nlohmann_json PRIVATE belfry_client belfry_running belfry_os_system)
target_precompile_headers(belfry_shell PRIVATE <CLI/CLI.hpp> <nlohmann/json.hpp> <iostream>
  "${PROJECT_SOURCE_DIR}/include/belfry/actors/client.hpp")

belfry_compile_apart(belfry_shell)

if(TARGET belfry_node)
  add_executable(belfry bin/belfry.cpp bin/certs.cpp bin/run_node.cpp bin/store.cpp)
  target_link_libraries(belfry PRIVATE belfry_shell belfry_node belfry_certificates date::date-tz
    spdlog::spdlog belfry_allocator)
  target_precompile_headers(belfry REUSE_FROM belfry_shell)
endif()
