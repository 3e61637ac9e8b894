# Warnings for gcc 12 and clang 14 alike; errors unless PANELMUX_WERROR is off.
add_library(panelmux_flags INTERFACE)
target_compile_options(panelmux_flags INTERFACE
    -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
    -Wswitch-enum -Wvla -Wformat=2 -Wundef -Wpointer-arith -Wwrite-strings
    -fno-strict-aliasing -fstack-protector-strong)
if(PANELMUX_WERROR)
    target_compile_options(panelmux_flags INTERFACE -Werror)
endif()
if(PANELMUX_CRASH_POINTS)
    target_compile_definitions(panelmux_flags INTERFACE PANELMUX_CRASH_POINTS)
endif()
target_compile_definitions(panelmux_flags INTERFACE _GNU_SOURCE PANELMUX_VERSION="${PROJECT_VERSION}")
