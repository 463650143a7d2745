# SPDX-License-Identifier: Apache-2.0
# What 'cmake --install' puts where; tests/install checks it.
install(TARGETS weir RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES deploy/weir.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)

# The unit names the binary's place, which is known only when installing (cmake --install --prefix).
install(CODE "
  set(bindir \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}\")
  configure_file(\"${PROJECT_SOURCE_DIR}/deploy/weir.service.in\" \"${PROJECT_BINARY_DIR}/weir.service\" @ONLY)")
install(FILES ${PROJECT_BINARY_DIR}/weir.service DESTINATION lib/systemd/system)

# The example is documentation: an operator's /etc/weir/weir.yaml is never overwritten.
install(FILES config/weir.yaml DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(FILES config/weir.schema.json DESTINATION ${CMAKE_INSTALL_DATADIR}/weir)
install(FILES README.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
if(EXISTS ${PROJECT_SOURCE_DIR}/proxy/plugin/weir/plugin.h)
  install(FILES proxy/plugin/weir/plugin.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/weir)
endif()
