# SPDX-License-Identifier: Apache-2.0
# weir_libraries: what the product links. Found on this machine, never downloaded; deploy/packages.sh has the packages.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
pkg_check_modules(LIBUV REQUIRED IMPORTED_TARGET libuv>=1.44)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1>=0.2)
pkg_check_modules(PCRE2 REQUIRED IMPORTED_TARGET libpcre2-8>=10.40)
pkg_check_modules(NGHTTP2 REQUIRED IMPORTED_TARGET libnghttp2>=1.52)
pkg_check_modules(CARES REQUIRED IMPORTED_TARGET libcares>=1.18)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib>=1.2.11)
pkg_check_modules(BROTLI REQUIRED IMPORTED_TARGET libbrotlienc>=1.0 libbrotlidec>=1.0)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd>=1.4.0)
# resolv is a part of libc: what reads DNS messages (ns_initparse).

# llhttp comes with a pkg-config file, a CMake config (with differing target names), or both.
pkg_check_modules(LLHTTP IMPORTED_TARGET libllhttp>=9)
if(LLHTTP_FOUND)
  set(llhttp_target PkgConfig::LLHTTP)
else()
  find_package(llhttp 9 CONFIG REQUIRED)
  foreach(target IN ITEMS llhttp::llhttp llhttp::llhttp_shared llhttp::llhttp_static)
    if(TARGET ${target} AND NOT llhttp_target)
      set(llhttp_target ${target})
    endif()
  endforeach()
endif()

add_library(weir_libraries INTERFACE)
target_link_libraries(weir_libraries INTERFACE
  PkgConfig::LIBUV PkgConfig::YAML PkgConfig::PCRE2 PkgConfig::CARES PkgConfig::NGHTTP2
  PkgConfig::ZLIB PkgConfig::BROTLI PkgConfig::ZSTD resolv ${llhttp_target} OpenSSL::SSL OpenSSL::Crypto Threads::Threads ${CMAKE_DL_LIBS})
