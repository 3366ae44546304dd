# SPDX-License-Identifier: Apache-2.0
#
# What is installed: libraries, public headers, the generator, our .proto files, the CMake package
# and the pkg-config files. Everything finds the rest relative to itself, so a tree may be moved.

include(CMakePackageConfigHelpers)

set(tern_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/tern)
set(tern_pc_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
set(tern_proto_dir ${CMAKE_INSTALL_DATADIR}/tern/proto)

set(tern_installed)
foreach(target tern-core-static tern-core-shared tern-static tern-shared protoc-gen-tern)
    if(TARGET ${target})
        list(APPEND tern_installed ${target})
    endif()
endforeach()
foreach(kind static shared)
    if(TARGET tern-core-${kind})
        set_target_properties(tern-core-${kind} PROPERTIES EXPORT_NAME core-${kind})
    endif()
endforeach()

install(TARGETS ${tern_installed} EXPORT tern-targets
    RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR}
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN *.h)
install(DIRECTORY proto/ DESTINATION ${tern_proto_dir} FILES_MATCHING PATTERN *.proto)
install(FILES LICENSE README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

# ---- CMake package ------------------------------------------------------------------------------

install(EXPORT tern-targets NAMESPACE tern:: DESTINATION ${tern_cmake_dir})
configure_package_config_file(cmake/tern-config.cmake.in ${PROJECT_BINARY_DIR}/tern-config.cmake
    INSTALL_DESTINATION ${tern_cmake_dir} PATH_VARS tern_proto_dir)
# Before 1.0 each minor version may break what came before.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/tern-config-version.cmake
    COMPATIBILITY SameMinorVersion)
install(FILES
    ${PROJECT_BINARY_DIR}/tern-config.cmake
    ${PROJECT_BINARY_DIR}/tern-config-version.cmake
    cmake/TernGenerate.cmake
    DESTINATION ${tern_cmake_dir})

# ---- pkg-config ---------------------------------------------------------------------------------

# From the folder of the .pc file up to the prefix.
file(RELATIVE_PATH tern_pc_up /${tern_pc_dir} /)
string(REGEX REPLACE "/$" "" tern_pc_up "${tern_pc_up}")
set(tern_pcs tern-core)
if(NOT TERN_CORE_ONLY)
    list(APPEND tern_pcs tern)
endif()
foreach(pc ${tern_pcs})
    configure_file(cmake/${pc}.pc.in ${PROJECT_BINARY_DIR}/${pc}.pc @ONLY)
    install(FILES ${PROJECT_BINARY_DIR}/${pc}.pc DESTINATION ${tern_pc_dir})
endforeach()
