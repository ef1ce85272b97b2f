# Sources are listed by hand.
belfry_tests(running SOURCES handler_test.cpp runner_pool_test.cpp exec_test.cpp
                             exec_output_test.cpp exec_payload_test.cpp stepped_thread_test.cpp
             LINKS belfry_running belfry_stepped)
