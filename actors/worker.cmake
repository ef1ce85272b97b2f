# Sources are listed by hand.
# A worker and the task actors that run for it.
add_library(belfry_worker STATIC report_box.cpp run_end.cpp task.cpp task_outcome.cpp worker.cpp
                                 credit_split.cpp worker_session.cpp worker_state.cpp)
target_link_libraries(belfry_worker PUBLIC belfry_links belfry_handlers belfry_dispatch)
belfry_use_actor_headers(belfry_worker)
