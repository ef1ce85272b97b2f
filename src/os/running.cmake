# Sources are listed by hand.
# What a user's handlers are made with.
add_library(belfry_handlers STATIC handler.cpp)
target_include_directories(belfry_handlers PUBLIC ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(belfry_handlers PUBLIC belfry_base Threads::Threads)

# A thread that takes turns with its owner.
add_library(belfry_stepped STATIC stepped_thread.cpp)
target_link_libraries(belfry_stepped PUBLIC belfry_base Threads::Threads)

# Where handlers run, and the built-in kind `exec`.
add_library(belfry_running STATIC runner_pool.cpp exec.cpp exec_output.cpp exec_payload.cpp
                                  exec_process.cpp)
target_link_libraries(belfry_running PUBLIC belfry_handlers
                      PRIVATE belfry_os_system nlohmann_json::nlohmann_json)
belfry_compile_apart(belfry_running)
