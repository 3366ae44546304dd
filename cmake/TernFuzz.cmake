# SPDX-License-Identifier: Apache-2.0
#
# tests/fuzz/X.c holds one LLVMFuzzerTestOneInput; it becomes bin/fuzz-X. What tests/pb/*.proto declare is
# at hand in all of them.

file(GLOB tern_fuzz_protos CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/pb/*.proto)
add_library(fuzz-protos STATIC)
tern_set_flags(fuzz-protos)
target_link_libraries(fuzz-protos PUBLIC tern-core-static)
tern_generate(TARGET fuzz-protos PROTOS ${tern_fuzz_protos}
    IMPORT_DIRS ${PROJECT_SOURCE_DIR}/tests/pb)

file(GLOB tern_fuzzers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/fuzz/*.c)
foreach(source ${tern_fuzzers})
    get_filename_component(name ${source} NAME_WE)
    add_executable(fuzz-${name} ${source})
    tern_set_flags(fuzz-${name})
    target_include_directories(fuzz-${name} PRIVATE
        ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/tests)
    target_link_options(fuzz-${name} PRIVATE -fsanitize=fuzzer)
    target_link_libraries(fuzz-${name} PRIVATE
        fuzz-protos tern-compiler $<TARGET_NAME_IF_EXISTS:tern-static> tern-core-static)
endforeach()
