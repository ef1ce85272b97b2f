belfry_tests(node SOURCES supervisor_test.cpp gateway_test.cpp node_assembly_test.cpp
  cluster_board_test.cpp cluster_keeper_test.cpp gateway_cluster_test.cpp outbox_book_test.cpp
  outbox_test.cpp
  LINKS belfry_assembly)
belfry_use_actor_headers(node_tests)

belfry_tests(node_start SOURCES life_signs_test.cpp node_checks_test.cpp
  node_security_test.cpp node_test.cpp LINKS belfry_node belfry_certificates)
belfry_use_actor_headers(node_start_tests)
