# All are Debian packages; scripts/install-dependencies installs them.
find_package(Threads REQUIRED)
find_package(Protobuf REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(date REQUIRED)
find_package(RocksDB REQUIRED)
find_package(PostgreSQL REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(Boost 1.74 REQUIRED) # Its headers.
include(caf)

# For programs, not for the library: which allocator to use is for the user's program to say.
option(BELFRY_JEMALLOC "give the programs jemalloc; not with sanitizers" ON)
add_library(belfry_allocator INTERFACE)
if(BELFRY_JEMALLOC)
  find_library(JEMALLOC_LIBRARY jemalloc REQUIRED)
  target_link_libraries(belfry_allocator INTERFACE ${JEMALLOC_LIBRARY})
endif()
