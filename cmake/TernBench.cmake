# SPDX-License-Identifier: Apache-2.0
#
# bench/h2/*.c -> bin/bench-h2, made on request alone: it looks inside the library.

file(GLOB tern_bench_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/bench/h2/*.c)
add_executable(bench-h2 EXCLUDE_FROM_ALL ${tern_bench_sources})
tern_set_flags(bench-h2)
target_include_directories(bench-h2 PRIVATE ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(bench-h2 PRIVATE tern-core-static)
