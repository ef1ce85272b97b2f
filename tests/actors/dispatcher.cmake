# Sources are listed by hand.
belfry_tests(dispatcher SOURCES dispatcher_answers_test.cpp dispatcher_cluster_test.cpp
  dispatcher_test.cpp
             LINKS belfry_dispatcher)
belfry_use_actor_headers(dispatcher_tests)
