# Every room compiles with these; a warning is an error.
add_library(belfry_warnings INTERFACE)
target_compile_options(belfry_warnings INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Werror
  # GCC 12 warns of moved-from strings and optionals in its own headers (GCC bug 105562).
  -Wno-maybe-uninitialized
  # And of overlapping copies in "x" + string, with -O3 (GCC bug 105651).
  -Wno-restrict)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

option(BELFRY_TOGETHER "compile small files under large headers together" ON)

# Small files under large headers: compiled together they take a sixth of the time. With
# BELFRY_TOGETHER off each file shows that it includes what it uses.
function(belfry_compile_together)
  set_target_properties(${ARGN} PROPERTIES UNITY_BUILD ${BELFRY_TOGETHER}
                                           UNITY_BUILD_BATCH_SIZE 12)
endfunction()

# CAF's headers cost seconds per file: the rooms that use actors read them together, precompiled.
function(belfry_use_actor_headers)
  belfry_compile_together(${ARGN})
  foreach(target ${ARGN})
    if(target MATCHES "_tests$")
      target_precompile_headers(${target} REUSE_FROM belfry_actor_test_headers)
    else()
      target_precompile_headers(${target} REUSE_FROM belfry_system)
    endif()
  endforeach()
endfunction()
