belfry_tests(node SOURCES supervisor_test.cpp gateway_test.cpp LINKS belfry_assembly)
belfry_use_actor_headers(node_tests)
