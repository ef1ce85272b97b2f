belfry_tests(os_system SOURCES system_clock_test.cpp entropy_test.cpp process_test.cpp
  workload_file_test.cpp
  LINKS belfry_os_system)
