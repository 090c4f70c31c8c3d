# Tests of the program skein beneath its command line: parsing, the conductor's parts, the worker's.
# Include from tests/CMakeLists.txt, which defines skein_test_program.
skein_test_program(skein_tests
  SOURCES
    harness/cells/cell_test.cpp
    harness/cells/describe_test.cpp
    harness/cells/fill_test.cpp
    harness/cells/find_named_test.cpp
    harness/cells/nearest_test.cpp
    harness/cells/parameters_test.cpp
    harness/cells/units_test.cpp
    harness/cli/completion_test.cpp
    harness/cli/explanation_test.cpp
    harness/conductor/child_test.cpp
    harness/conductor/conditions_test.cpp
    harness/conductor/conversation_test.cpp
    harness/conductor/joint_load_test.cpp
    harness/conductor/lint_test.cpp
    harness/conductor/memory_test.cpp
    harness/conductor/network_test.cpp
    harness/conductor/output_test.cpp
    harness/conductor/pinning_test.cpp
    harness/conductor/rate_share_test.cpp
    harness/conductor/record_test.cpp
    harness/conductor/summary_test.cpp
    harness/conductor/thresholds_test.cpp
    harness/conductor/validity_test.cpp
    harness/conductor/window_test.cpp
    harness/load_report_test.cpp
    harness/worker/inbox_test.cpp
  LINK skein_cli skein_conductor skein_worker)

set_property(SOURCE ${CMAKE_CURRENT_SOURCE_DIR}/harness/cells/units_test.cpp
  APPEND PROPERTY COMPILE_DEFINITIONS SKEIN_SOURCE_DIR="${CMAKE_SOURCE_DIR}")

# g++ 12 with AddressSanitizer sees uninitialised members in std::regex's own code (GCC bug 105562).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND SKEIN_SANITIZE)
  set_source_files_properties(${CMAKE_CURRENT_SOURCE_DIR}/harness/conductor/record_test.cpp
    PROPERTIES COMPILE_OPTIONS -Wno-maybe-uninitialized)
endif()

# For the end-to-end tests: a worker that overflows a stack.
add_executable(recursing_worker end_to_end/workers/recursing_worker.cpp)
target_link_libraries(recursing_worker PRIVATE skein_worker skein_warnings)
