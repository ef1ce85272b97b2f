# All are Debian packages; scripts/install-dependencies installs them.
find_package(Threads REQUIRED)
find_package(Protobuf REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(date REQUIRED)
find_package(RocksDB REQUIRED)
find_package(nlohmann_json REQUIRED)
include(caf)
