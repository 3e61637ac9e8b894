# room(NAME DIRECTORY dir USES rooms…): a static library of all .c files of one folder.
# Include paths are given as "room/file.h"; the layers are checked by tools/check-layers,
# which reads the USES lists of the root CMakeLists.txt.
function(room NAME)
    cmake_parse_arguments(ROOM "" "DIRECTORY" "USES" ${ARGN})
    file(GLOB SOURCES CONFIGURE_DEPENDS ${ROOM_DIRECTORY}/*.c)
    list(FILTER SOURCES EXCLUDE REGEX "/main\\.c$")
    if(SOURCES)
        add_library(room_${NAME} STATIC ${SOURCES})
        set(KIND PUBLIC)
    else()
        add_library(room_${NAME} INTERFACE)
        set(KIND INTERFACE)
    endif()
    target_include_directories(room_${NAME} ${KIND} ${CMAKE_SOURCE_DIR}/gateway ${CMAKE_SOURCE_DIR})
    target_link_libraries(room_${NAME} ${KIND} panelmux_flags PkgConfig::LIBRARIES Threads::Threads m)
    foreach(USED ${ROOM_USES})
        target_link_libraries(room_${NAME} ${KIND} room_${USED})
    endforeach()
endfunction()

# program(NAME ROOM room): the binary, from the room's main.c.
function(program NAME)
    cmake_parse_arguments(PROGRAM "" "ROOM" "" ${ARGN})
    if(EXISTS ${CMAKE_SOURCE_DIR}/gateway/${PROGRAM_ROOM}/main.c)
        add_executable(${NAME} gateway/${PROGRAM_ROOM}/main.c)
        target_link_libraries(${NAME} PRIVATE room_${PROGRAM_ROOM})
    endif()
endfunction()
