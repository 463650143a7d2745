# SPDX-License-Identifier: Apache-2.0
# weir_flags: warnings, sanitizers and hardening, for every target of ours.
include(CheckCCompilerFlag)
add_library(weir_flags INTERFACE)
target_compile_definitions(weir_flags INTERFACE _GNU_SOURCE)

# Adds the flags that this compiler knows to weir_flags.
function(weir_add_flags)
  foreach(flag IN LISTS ARGN)
    string(MAKE_C_IDENTIFIER "HAVE${flag}" have)
    check_c_compiler_flag("${flag}" ${have})
    if(${have})
      target_compile_options(weir_flags INTERFACE ${flag})
    endif()
  endforeach()
endfunction()

target_compile_options(weir_flags INTERFACE
  -Wall -Wextra -Wshadow -Wpointer-arith -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings
  -Wformat=2 -Wno-format-nonliteral -Wundef -Wvla -Wimplicit-fallthrough)
if(WEIR_WERROR)
  target_compile_options(weir_flags INTERFACE -Werror)
endif()

if(WEIR_SANITIZE)
  target_compile_options(weir_flags INTERFACE -O1 -fno-omit-frame-pointer -fsanitize=${WEIR_SANITIZE}
    -fno-sanitize-recover=all)
  target_link_options(weir_flags INTERFACE -fsanitize=${WEIR_SANITIZE} -fno-sanitize-recover=all)
  # The instrumented code makes gcc see paths that don't exist.
  weir_add_flags(-Wno-maybe-uninitialized)
endif()
if(WEIR_FUZZ)
  if(NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "WEIR_FUZZ needs clang (libFuzzer), but the compiler is ${CMAKE_C_COMPILER}: "
                        "use 'cmake --preset fuzz'.")
  endif()
  target_compile_options(weir_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

if(WEIR_HARDENING)
  target_compile_options(weir_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
  target_link_options(weir_flags INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)
  weir_add_flags(-fstack-protector-strong -fstack-clash-protection)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64|i[3-6]86")
    weir_add_flags(-fcf-protection=full)
  elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
    weir_add_flags(-mbranch-protection=standard)
  endif()
endif()

if(WEIR_LTO)
  include(CheckIPOSupported)
  check_ipo_supported(RESULT lto_works OUTPUT lto_output LANGUAGES C)
  if(lto_works)
    set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
  else()
    message(WARNING "Building without LTO, the compiler can't do it: ${lto_output}")
  endif()
endif()
