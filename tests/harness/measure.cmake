# The measuring library's tests, and the two programs they need.
# Include from a CMakeLists.txt that has found Catch2.
set(skein_measure_tests ${CMAKE_CURRENT_LIST_DIR})

# The process that is measured from outside. Not built with sanitizers: their shadow memory would be
# measured with it.
add_executable(measure_child ${skein_measure_tests}/measure_child.cpp)
target_link_libraries(measure_child PRIVATE skein_warnings Threads::Threads)

# Values in, a histogram object out, for a decoder that is not ours (test_hdr_payload.py).
add_executable(histogram_dump ${skein_measure_tests}/histogram_dump.cpp)
target_link_libraries(histogram_dump PRIVATE skein_measure skein_warnings)

add_executable(measure_test
  ${skein_measure_tests}/../main.cpp
  ${skein_measure_tests}/histogram_test.cpp
  ${skein_measure_tests}/measure_codec_test.cpp
  ${skein_measure_tests}/measure_cpu_test.cpp
  ${skein_measure_tests}/measure_environment_test.cpp
  ${skein_measure_tests}/measure_floor_test.cpp
  ${skein_measure_tests}/measure_host_test.cpp
  ${skein_measure_tests}/measure_limits_test.cpp
  ${skein_measure_tests}/measure_memory_test.cpp
  ${skein_measure_tests}/measure_proc_file_test.cpp
  ${skein_measure_tests}/measure_process.cpp
  ${skein_measure_tests}/measure_slope_test.cpp
)
target_link_libraries(measure_test PRIVATE
  skein_measure skein_warnings Catch2::Catch2 Threads::Threads)
target_compile_definitions(measure_test PRIVATE
  SKEIN_MEASURE_CHILD="$<TARGET_FILE:measure_child>")
add_dependencies(measure_test measure_child)
add_test(NAME measure COMMAND measure_test)
