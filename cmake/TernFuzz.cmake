# SPDX-License-Identifier: Apache-2.0
#
# tests/fuzz/X.c holds one LLVMFuzzerTestOneInput; it becomes bin/fuzz-X.

file(GLOB tern_fuzzers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/fuzz/*.c)
foreach(source ${tern_fuzzers})
    get_filename_component(name ${source} NAME_WE)
    add_executable(fuzz-${name} ${source})
    tern_set_flags(fuzz-${name})
    target_include_directories(fuzz-${name} PRIVATE
        ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/tests)
    target_link_options(fuzz-${name} PRIVATE -fsanitize=fuzzer)
    target_link_libraries(fuzz-${name} PRIVATE
        tern-compiler $<TARGET_NAME_IF_EXISTS:tern-static> tern-core-static)
endforeach()
