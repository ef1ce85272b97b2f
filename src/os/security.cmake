# Who may talk to whom: proving, dialling, accepting; and certificates to try it with.
add_library(belfry_security STATIC dial.cpp link_accepting.cpp link_acceptor.cpp link_dialling.cpp
  link_handshake.cpp link_keys.cpp link_word.cpp listening.cpp name_list.cpp peer_link.cpp
  socket_address.cpp tls.cpp user_secret.cpp)
target_include_directories(belfry_security PUBLIC ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(belfry_security PUBLIC belfry_base Threads::Threads
                      PRIVATE belfry_os_system OpenSSL::SSL)

belfry_room(certificates SOURCES certificates.cpp LINKS belfry_os_system)
target_link_libraries(belfry_certificates PRIVATE OpenSSL::Crypto)
