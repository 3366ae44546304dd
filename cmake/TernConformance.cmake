# SPDX-License-Identifier: Apache-2.0
#
# bin/conformance-testee: what Google's protobuf conformance suite tests (scripts/conformance). Its
# .proto files are not in this tree: TERN_CONFORMANCE_PROTOS is the folder with them, and
# TERN_CONFORMANCE_PROTOC a protoc that knows editions. Never installed.
#
# conformance.pb beside the programs is the same files as a FileDescriptorSet, for the run in which the
# testee knows them by their descriptors alone.

set(tern_conformance_dir ${PROJECT_BINARY_DIR}/conformance.generated)
set(tern_conformance_protos
    conformance/conformance
    google/protobuf/test_messages_edition2023
    google/protobuf/test_messages_proto2
    google/protobuf/test_messages_proto2_editions
    google/protobuf/test_messages_proto3
    google/protobuf/test_messages_proto3_editions)
set(tern_conformance_plugin $<TARGET_FILE:protoc-gen-tern>)
set(tern_conformance_sources)
foreach(stem ${tern_conformance_protos})
    set(proto ${TERN_CONFORMANCE_PROTOS}/${stem}.proto)
    set(outputs ${tern_conformance_dir}/${stem}.tern.c ${tern_conformance_dir}/${stem}.tern.h)
    add_custom_command(OUTPUT ${outputs}
        COMMAND ${CMAKE_COMMAND} -E make_directory ${tern_conformance_dir}
        COMMAND ${TERN_CONFORMANCE_PROTOC} --plugin=protoc-gen-tern=${tern_conformance_plugin}
            --tern_out=${tern_conformance_dir} -I${TERN_CONFORMANCE_PROTOS}
            -I${PROJECT_SOURCE_DIR}/proto ${proto}
        DEPENDS ${proto} protoc-gen-tern
        COMMENT "protoc-gen-tern ${stem}.proto" VERBATIM)
    list(APPEND tern_conformance_sources ${outputs})
endforeach()

set(tern_conformance_set ${PROJECT_BINARY_DIR}/conformance.pb)
list(TRANSFORM tern_conformance_protos APPEND .proto OUTPUT_VARIABLE tern_conformance_files)
list(TRANSFORM tern_conformance_files PREPEND ${TERN_CONFORMANCE_PROTOS}/ OUTPUT_VARIABLE tern_conformance_paths)
add_custom_command(OUTPUT ${tern_conformance_set}
    COMMAND ${TERN_CONFORMANCE_PROTOC} --include_imports --descriptor_set_out=${tern_conformance_set}
        -I${TERN_CONFORMANCE_PROTOS} -I${PROJECT_SOURCE_DIR}/proto ${tern_conformance_files}
    DEPENDS ${tern_conformance_paths}
    COMMENT "conformance.pb" VERBATIM)

add_executable(conformance-testee EXCLUDE_FROM_ALL
    ${PROJECT_SOURCE_DIR}/tests/conformance/testee.c ${tern_conformance_sources}
    ${tern_conformance_set})
tern_set_flags(conformance-testee)
target_include_directories(conformance-testee PRIVATE ${tern_conformance_dir})
target_link_libraries(conformance-testee PRIVATE tern-core-static)
