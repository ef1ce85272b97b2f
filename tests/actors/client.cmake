belfry_tests(client SOURCES client_actor_test.cpp client_deferral_test.cpp client_inbox_test.cpp
  client_priorities_test.cpp client_requests_test.cpp client_submits_test.cpp
  client_words_test.cpp cluster_links_test.cpp
  LINKS belfry_client)
belfry_use_actor_headers(client_tests)
add_subdirectory(${PROJECT_SOURCE_DIR}/tests/cli ${PROJECT_BINARY_DIR}/tests/cli)

belfry_tests(gate SOURCES beside_network_test.cpp dial_log_test.cpp frame_limit_test.cpp
  link_gate_test.cpp refusal_log_test.cpp
  LINKS belfry_client belfry_gate belfry_certificates)
belfry_use_actor_headers(gate_tests)
