# SPDX-License-Identifier: Apache-2.0
# Each plugins/<name>.c becomes a shared object plugins/<name>.so that sees nothing of weir but weir/plugin.h.
file(GLOB plugin_sources CONFIGURE_DEPENDS plugins/*.c)
foreach(source IN LISTS plugin_sources)
  get_filename_component(name ${source} NAME_WE)
  add_library(plugin-${name} MODULE ${source})
  set_target_properties(plugin-${name} PROPERTIES
    PREFIX "" OUTPUT_NAME ${name} LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/plugins)
  target_include_directories(plugin-${name} PRIVATE proxy/plugin)
  target_link_libraries(plugin-${name} PRIVATE weir_flags)
  install(TARGETS plugin-${name} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/weir/plugins)
endforeach()
