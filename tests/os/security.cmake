belfry_tests(security SOURCES certificates_test.cpp dial_test.cpp link_acceptor_test.cpp
  link_handshake_test.cpp link_hostility_test.cpp link_keys_test.cpp link_word_test.cpp
  listening_test.cpp name_list_test.cpp peer_link_test.cpp socket_address_test.cpp tls_test.cpp
  user_secret_test.cpp
  LINKS belfry_security belfry_certificates belfry_random)
