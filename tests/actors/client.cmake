belfry_tests(client SOURCES client_actor_test.cpp client_inbox_test.cpp
  client_requests_test.cpp client_submits_test.cpp client_words_test.cpp cluster_links_test.cpp
  ../os/dial_test.cpp LINKS belfry_client)
belfry_use_actor_headers(client_tests)
add_subdirectory(${PROJECT_SOURCE_DIR}/tests/cli ${PROJECT_BINARY_DIR}/tests/cli)
