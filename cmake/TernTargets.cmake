# SPDX-License-Identifier: Apache-2.0
#
# How each kind of target of this project is made. One place holds the language level, the warnings
# and the visibility rules; CMakeLists.txt only names folders.

set(tern_source_dir ${PROJECT_SOURCE_DIR})

# What every target of ours is compiled with. _GNU_SOURCE (accept4, memmem, ppoll, ...) is defined
# here and nowhere else; no public header depends on it.
function(tern_set_flags target)
    set_target_properties(${target} PROPERTIES
        C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF
        C_VISIBILITY_PRESET hidden POSITION_INDEPENDENT_CODE ON)
    target_compile_definitions(${target} PRIVATE _GNU_SOURCE $<$<BOOL:${TERN_TRAP}>:TERN_TRAP>)
    target_compile_options(${target} PRIVATE
        -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wvla -Wstrict-prototypes
        -Wmissing-prototypes $<$<BOOL:${TERN_WERROR}>:-Werror>
        -fno-common -ffunction-sections -fdata-sections)
    if(TERN_SANITIZE)
        target_compile_options(${target} PRIVATE
            -fsanitize=${TERN_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
        target_link_options(${target} PRIVATE -fsanitize=${TERN_SANITIZE})
    endif()
    if(TERN_FUZZ)
        target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
    endif()
endfunction()

# The .c files directly in the named folders of src.
function(tern_glob_sources out)
    set(patterns)
    foreach(folder ${ARGN})
        list(APPEND patterns ${tern_source_dir}/src/${folder}/*.c)
    endforeach()
    file(GLOB found CONFIGURE_DEPENDS ${patterns})
    set(${out} ${found} PARENT_SCOPE)
endfunction()

# Flags, include paths and what it links, for one library target.
function(tern_finish_library target)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "PUBLIC_LINKS;LINKS")
    tern_set_flags(${target})
    target_include_directories(${target}
        PUBLIC $<BUILD_INTERFACE:${tern_source_dir}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
        PRIVATE ${tern_source_dir}/src)
    target_link_libraries(${target} PUBLIC ${arg_PUBLIC_LINKS} PRIVATE ${arg_LINKS})
endfunction()

# tern_add_library(NAME FOLDERS f... [USES LIB] [LINKS lib...])
#
# NAME-static always, NAME-shared when TERN_SHARED. In the archive every internal name is hidden. In
# the shared library the public names are TERN_0.1; a library that another of ours stands on also
# exports its tn_ names, as TERN_PRIVATE (cmake/NAME.map), which hidden visibility would forbid: its
# objects are compiled once more with those names protected, so exported yet bound inside the
# library. -Bsymbolic-functions binds calls to the public names likewise: no call inside a library
# goes through the PLT (docs/decisions/0004-two-libraries.md).
function(tern_add_library name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "USES" "FOLDERS;LINKS")
    tern_glob_sources(sources ${arg_FOLDERS})
    set(uses_static)
    set(uses_shared)
    if(arg_USES)
        set(uses_static ${arg_USES}-static)
        set(uses_shared ${arg_USES}-shared)
    endif()

    add_library(${name}-static STATIC ${sources})
    tern_finish_library(${name}-static PUBLIC_LINKS ${uses_static} LINKS ${arg_LINKS})
    set_target_properties(${name}-static PROPERTIES OUTPUT_NAME ${name})
    set(default ${name}-static)

    if(TERN_SHARED)
        set(map ${tern_source_dir}/cmake/${name}.map)
        add_library(${name}-shared SHARED ${sources})
        tern_finish_library(${name}-shared PUBLIC_LINKS ${uses_shared} LINKS ${arg_LINKS})
        set_target_properties(${name}-shared PROPERTIES
            OUTPUT_NAME ${name} VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}
            LINK_DEPENDS ${map})
        if(NOT arg_USES)
            set_target_properties(${name}-shared PROPERTIES C_VISIBILITY_PRESET protected)
        endif()
        target_compile_options(${name}-shared PRIVATE -fno-semantic-interposition)
        target_link_options(${name}-shared PRIVATE
            -Wl,--version-script=${map} -Wl,-Bsymbolic-functions -Wl,--no-undefined)
        set(default ${name}-shared)
    endif()
    string(REGEX REPLACE "^tern-" "" short ${name})
    add_library(tern::${short} ALIAS ${default})
    add_library(tern::${short}-static ALIAS ${name}-static)
endfunction()

# A static library that is never installed.
function(tern_add_internal_library name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "USES" "FOLDERS")
    tern_glob_sources(sources ${arg_FOLDERS})
    add_library(${name} STATIC ${sources})
    tern_finish_library(${name} PUBLIC_LINKS ${arg_USES}-static)
endfunction()

# One program for each .c file of the folder. The names go to tern_programs, as do those of the
# examples.
function(tern_add_tools folder)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "LINKS")
    file(GLOB sources CONFIGURE_DEPENDS ${tern_source_dir}/${folder}/*.c)
    foreach(source ${sources})
        get_filename_component(name ${source} NAME_WE)
        add_executable(${name} ${source})
        tern_set_flags(${name})
        target_include_directories(${name} PRIVATE ${tern_source_dir}/src)
        target_link_libraries(${name} PRIVATE ${arg_LINKS})
        list(APPEND tern_programs ${name})
    endforeach()
    set(tern_programs ${tern_programs} PARENT_SCOPE)
endfunction()

# examples/NAME/{NAME.proto,server.c,client.c} -> bin/NAME-server, bin/NAME-client. Without a .proto
# they stand on libtern-core alone.
function(tern_add_examples folder)
    file(GLOB all CONFIGURE_DEPENDS ${tern_source_dir}/${folder}/*/*.c)
    set(dirs)
    foreach(source ${all})
        get_filename_component(dir ${source} DIRECTORY)
        list(APPEND dirs ${dir})
    endforeach()
    list(REMOVE_DUPLICATES dirs)
    foreach(dir ${dirs})
        get_filename_component(name ${dir} NAME)
        set(stands_on tern-core-static)
        file(GLOB proto CONFIGURE_DEPENDS ${dir}/*.proto)
        if(proto)
            set(stands_on ${name}-proto)
            add_library(${name}-proto STATIC)
            tern_set_flags(${name}-proto)
            target_link_libraries(${name}-proto PUBLIC tern-static)
            tern_generate(TARGET ${name}-proto PROTOS ${proto} IMPORT_DIRS ${dir})
        endif()
        file(GLOB sources CONFIGURE_DEPENDS ${dir}/*.c)
        foreach(source ${sources})
            get_filename_component(part ${source} NAME_WE)
            add_executable(${name}-${part} ${source})
            tern_set_flags(${name}-${part})
            target_link_libraries(${name}-${part} PRIVATE ${stands_on})
            list(APPEND tern_programs ${name}-${part})
        endforeach()
    endforeach()
    set(tern_programs ${tern_programs} PARENT_SCOPE)
endfunction()
