# The measuring library's tests, and the two programs they need.
# Included by tests/CMakeLists.txt, whose skein_test_program it uses.
set(skein_measure_tests ${CMAKE_CURRENT_LIST_DIR})

# The process that is measured from outside. Not built with sanitizers: their shadow memory would be
# measured with it.
add_executable(measure_child ${skein_measure_tests}/measure/child.cpp)
target_link_libraries(measure_child PRIVATE skein_warnings Threads::Threads)

# Values in, a histogram object out, for a decoder that is not ours (test_hdr_payload.py).
add_executable(histogram_dump ${skein_measure_tests}/histogram_dump.cpp)
target_link_libraries(histogram_dump PRIVATE skein_measure skein_warnings)

skein_test_program(measure_tests
  SOURCES
    ${skein_measure_tests}/histogram_test.cpp
    ${skein_measure_tests}/measure/budget_test.cpp
    ${skein_measure_tests}/measure/codec_test.cpp
    ${skein_measure_tests}/measure/count_test.cpp
    ${skein_measure_tests}/measure/cpu_test.cpp
    ${skein_measure_tests}/measure/environment_test.cpp
    ${skein_measure_tests}/measure/fields_test.cpp
    ${skein_measure_tests}/measure/floor_test.cpp
    ${skein_measure_tests}/measure/host_test.cpp
    ${skein_measure_tests}/measure/kernel_threads_test.cpp
    ${skein_measure_tests}/measure/limits_test.cpp
    ${skein_measure_tests}/measure/memory_test.cpp
    ${skein_measure_tests}/measure/network_test.cpp
    ${skein_measure_tests}/measure/proc_file_test.cpp
    ${skein_measure_tests}/measure/proof_test.cpp
    ${skein_measure_tests}/measure/process.cpp
    ${skein_measure_tests}/measure/slope_test.cpp
    ${skein_measure_tests}/measure/throttle_test.cpp
  LINK skein_measure)
target_compile_definitions(measure_tests PRIVATE
  SKEIN_MEASURE_CHILD="$<TARGET_FILE:measure_child>"
  SKEIN_COUNT_LIBRARY="$<TARGET_FILE:skein_count>")
add_dependencies(measure_tests measure_child skein_count)
