# SPDX-License-Identifier: Apache-2.0
#
# tern_generate(TARGET t PROTOS p... [IMPORT_DIRS d...] [OPTIONS o...])
#
# Runs protoc with protoc-gen-tern on each .proto file and adds what comes out to target t:
# X.tern.c, and X.rpc.c where X.proto has a service; the folder of the headers joins t's include path.
#
#   PROTOS       .proto files, relative to the current source folder or absolute
#   IMPORT_DIRS  protoc's -I; each .proto must lie under one. Without it: the current source folder
#   OPTIONS      options of the plugin, as `prefix=my_`
#
# The well-known types (google/protobuf/..., google/rpc/status and its like) are found without a word, and
# never generated: they are part of tern-core.
#
# protoc is found in the path or given as PROTOC_EXECUTABLE. The plugin is the one that was built or
# installed with tern; when cross compiling, name one that runs on the host in TERN_PROTOC_GEN_TERN.

include_guard(GLOBAL)
cmake_policy(VERSION 3.21)

set(TERN_PROTOC_GEN_TERN "" CACHE FILEPATH "A protoc-gen-tern of the host, for cross builds")

# The plugin's path and what a rule must depend on to have it.
function(_tern_plugin out)
    if(TERN_PROTOC_GEN_TERN)
        set(${out} ${TERN_PROTOC_GEN_TERN} PARENT_SCOPE)
    elseif(TARGET protoc-gen-tern)
        set(${out} $<TARGET_FILE:protoc-gen-tern> PARENT_SCOPE)
    elseif(TARGET tern::protoc-gen-tern AND NOT CMAKE_CROSSCOMPILING)
        set(${out} $<TARGET_FILE:tern::protoc-gen-tern> PARENT_SCOPE)
    else()
        message(FATAL_ERROR "tern_generate: no protoc-gen-tern; set TERN_PROTOC_GEN_TERN")
    endif()
endfunction()

# The import folder that holds the file, and the file's path below it.
function(_tern_split_proto proto dirs out_dir out_relative)
    foreach(dir ${dirs})
        file(RELATIVE_PATH relative ${dir} ${proto})
        if(NOT relative MATCHES "^\\.\\./" AND NOT IS_ABSOLUTE ${relative})
            set(${out_dir} ${dir} PARENT_SCOPE)
            set(${out_relative} ${relative} PARENT_SCOPE)
            return()
        endif()
    endforeach()
    message(FATAL_ERROR "tern_generate: ${proto} lies under none of IMPORT_DIRS: ${dirs}")
endfunction()

# Whether the file declares a service; asked again when the file changes.
function(_tern_has_service proto out)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${proto})
    file(READ ${proto} text)
    string(REGEX REPLACE "//[^\n]*" "" text "${text}")
    string(REGEX REPLACE "/\\*([^*]|\\*+[^*/])*\\*+/" "" text "${text}")
    if(text MATCHES "(^|[;}\n])[ \t\r\n]*service[ \t\r\n]+[A-Za-z_][A-Za-z0-9_]*[ \t\r\n]*{")
        set(${out} TRUE PARENT_SCOPE)
    else()
        set(${out} FALSE PARENT_SCOPE)
    endif()
endfunction()

function(tern_generate)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "TARGET" "PROTOS;IMPORT_DIRS;OPTIONS")
    if(arg_UNPARSED_ARGUMENTS OR NOT arg_PROTOS OR NOT TARGET "${arg_TARGET}")
        message(FATAL_ERROR "tern_generate: use TARGET <existing target> PROTOS <file>... "
            "[IMPORT_DIRS <folder>...] [OPTIONS <option>...]")
    endif()
    find_program(PROTOC_EXECUTABLE protoc)
    if(NOT PROTOC_EXECUTABLE)
        message(FATAL_ERROR "tern_generate: protoc was not found; set PROTOC_EXECUTABLE")
    endif()
    _tern_plugin(plugin)

    set(dirs)
    foreach(dir ${arg_IMPORT_DIRS})
        get_filename_component(dir ${dir} ABSOLUTE)
        list(APPEND dirs ${dir})
    endforeach()
    if(NOT dirs)
        set(dirs ${CMAKE_CURRENT_SOURCE_DIR})
    endif()
    get_property(proto_dir GLOBAL PROPERTY TERN_PROTO_DIR)
    list(TRANSFORM dirs PREPEND -I OUTPUT_VARIABLE imports)
    list(APPEND imports -I${proto_dir})
    list(JOIN arg_OPTIONS "," options)
    if(options)
        set(options "--tern_opt=${options}")
    endif()

    set(out_dir ${CMAKE_CURRENT_BINARY_DIR}/${arg_TARGET}.generated)
    file(MAKE_DIRECTORY ${out_dir})
    foreach(proto ${arg_PROTOS})
        get_filename_component(proto ${proto} ABSOLUTE)
        if(NOT EXISTS ${proto})
            message(FATAL_ERROR "tern_generate: there is no file ${proto}")
        endif()
        _tern_split_proto(${proto} "${dirs}" dir relative)
        string(REGEX REPLACE "\\.proto$" "" stem ${out_dir}/${relative})
        # In the order in which protoc sorts them: ninja wants the depfile to begin with the first.
        set(outputs ${stem}.tern.c ${stem}.tern.h)
        _tern_has_service(${proto} has_service)
        if(has_service AND NOT messages_only IN_LIST arg_OPTIONS)
            list(PREPEND outputs ${stem}.rpc.c ${stem}.rpc.h)
        endif()
        add_custom_command(OUTPUT ${outputs}
            COMMAND ${PROTOC_EXECUTABLE} --plugin=protoc-gen-tern=${plugin}
                --tern_out=${out_dir} --dependency_out=${stem}.d ${options} ${imports} ${proto}
            DEPENDS ${proto} ${plugin} DEPFILE ${stem}.d
            COMMENT "protoc-gen-tern ${relative}" VERBATIM)
        target_sources(${arg_TARGET} PRIVATE ${outputs})
    endforeach()
    target_include_directories(${arg_TARGET} PUBLIC $<BUILD_INTERFACE:${out_dir}>)
endfunction()
