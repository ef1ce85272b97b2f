# Who may talk to whom, and certificates to try it with.
add_library(belfry_security STATIC listening.cpp name_list.cpp socket_address.cpp user_secret.cpp)
target_include_directories(belfry_security PUBLIC ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(belfry_security PUBLIC belfry_base PRIVATE belfry_os_system)

belfry_room(certificates SOURCES certificates.cpp LINKS belfry_os_system)
target_link_libraries(belfry_certificates PRIVATE OpenSSL::Crypto)
