# Every room compiles with these; a warning is an error.
add_library(belfry_warnings INTERFACE)
target_compile_options(belfry_warnings INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Werror)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
