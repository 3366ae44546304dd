# SPDX-License-Identifier: Apache-2.0
#
# tests/FOLDER/X_test.c is a program of its own, FOLDER_X_test, and a ctest of that name.
# tests/FOLDER/X_test.sh is a script; it finds the programs in $TERN_BIN.
# tests/FOLDER/*.proto is generated and linked into the tests of that folder.
# tests/support/*.c is linked into every test.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(tern_cmocka REQUIRED IMPORTED_TARGET cmocka)

set(tern_tests_dir ${PROJECT_SOURCE_DIR}/tests)
if(TERN_CORE_ONLY)
    set(tern_under_test tern-core-static)
    set(tern_test_folders base pb h2 grpc compiler)
else()
    set(tern_under_test tern-static)
    file(GLOB tern_test_folders CONFIGURE_DEPENDS RELATIVE ${tern_tests_dir} ${tern_tests_dir}/*)
endif()
set(tern_test_timeout 60)
if(TERN_TEST_LAUNCHER OR TERN_SANITIZE)
    set(tern_test_timeout 300)
endif()

# Where a test finds the tree, the programs and protoc.
find_program(PROTOC_EXECUTABLE protoc)
set(tern_test_definitions
    TERN_TEST_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
    TERN_TEST_BIN_DIR="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}"
    TERN_TEST_PROTOC="${PROTOC_EXECUTABLE}")

function(tern_test_flags target)
    tern_set_flags(${target})
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src ${tern_tests_dir})
    target_compile_definitions(${target} PRIVATE ${tern_test_definitions})
    target_link_libraries(${target} PRIVATE
        ${tern_under_test} PkgConfig::tern_cmocka Threads::Threads)
endfunction()

file(GLOB tern_support CONFIGURE_DEPENDS ${tern_tests_dir}/support/*.c)
add_library(tern-test-support STATIC ${tern_support})
tern_test_flags(tern-test-support)

function(tern_add_test folder source)
    get_filename_component(name ${source} NAME_WE)
    set(name ${folder}_${name})
    add_executable(${name} ${source})
    tern_test_flags(${name})
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
    target_link_libraries(${name} PRIVATE tern-test-support)
    if(TARGET tern-test-${folder}-protos)
        target_link_libraries(${name} PRIVATE tern-test-${folder}-protos)
    endif()
    if(folder STREQUAL compiler)
        target_link_libraries(${name} PRIVATE tern-compiler)
    endif()
    add_test(NAME ${name} COMMAND ${TERN_TEST_LAUNCHER} $<TARGET_FILE:${name}>)
    set_tests_properties(${name} PROPERTIES TIMEOUT ${tern_test_timeout} LABELS ${folder})
endfunction()

function(tern_add_test_folder folder)
    file(GLOB protos CONFIGURE_DEPENDS ${tern_tests_dir}/${folder}/*.proto)
    if(protos)
        add_library(tern-test-${folder}-protos STATIC)
        tern_test_flags(tern-test-${folder}-protos)
        tern_generate(TARGET tern-test-${folder}-protos
            PROTOS ${protos} IMPORT_DIRS ${tern_tests_dir}/${folder})
    endif()
    file(GLOB sources CONFIGURE_DEPENDS ${tern_tests_dir}/${folder}/*_test.c)
    foreach(source ${sources})
        tern_add_test(${folder} ${source})
    endforeach()
    file(GLOB scripts CONFIGURE_DEPENDS ${tern_tests_dir}/${folder}/*_test.sh)
    foreach(script ${scripts})
        get_filename_component(name ${script} NAME_WE)
        add_test(NAME ${folder}_${name} COMMAND sh ${script})
        set_tests_properties(${folder}_${name} PROPERTIES
            TIMEOUT ${tern_test_timeout} LABELS ${folder}
            ENVIRONMENT "TERN_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
    endforeach()
endfunction()

foreach(folder ${tern_test_folders})
    if(IS_DIRECTORY ${tern_tests_dir}/${folder})
        tern_add_test_folder(${folder})
    endif()
endforeach()
