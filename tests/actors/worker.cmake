# Sources are listed by hand.
belfry_tests(worker SOURCES report_box_test.cpp run_end_test.cpp run_pace_test.cpp task_test.cpp
                            worker_runs_test.cpp worker_session_test.cpp worker_lease_test.cpp
                            credit_split_test.cpp worker_cluster_test.cpp
             LINKS belfry_worker)
belfry_use_actor_headers(worker_tests)
