belfry_tests(security SOURCES certificates_test.cpp listening_test.cpp name_list_test.cpp
  socket_address_test.cpp user_secret_test.cpp
  LINKS belfry_security belfry_certificates)
