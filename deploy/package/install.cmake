# What `cmake --install` and the Debian package contain. Included by the tree's CMakeLists.txt.
include(GNUInstallDirs)
set(RETAINER_UNIT_DIR lib/systemd/system CACHE STRING "Where the systemd unit goes, below the prefix")

install(TARGETS retainer RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

# Made by the program itself, so that they say what `--help` says.
set(made ${CMAKE_CURRENT_BINARY_DIR}/made)
file(MAKE_DIRECTORY ${made})
add_custom_command(
  OUTPUT ${made}/retainer.1 ${made}/retainer.bash ${made}/retainer.fish
  COMMAND retainer manual > ${made}/retainer.1
  COMMAND retainer completion bash > ${made}/retainer.bash
  COMMAND retainer completion fish > ${made}/retainer.fish
  DEPENDS retainer VERBATIM)
add_custom_target(manual ALL DEPENDS ${made}/retainer.1 ${made}/retainer.bash ${made}/retainer.fish)
install(FILES ${made}/retainer.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${made}/retainer.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
        RENAME retainer)
install(FILES ${made}/retainer.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)

# One unit for everybody: by hand the program is in /usr/local/bin. The prefix is known when it is
# installed: the package has another one than the tree was configured with.
install(CODE "
  file(READ ${PROJECT_SOURCE_DIR}/deploy/systemd/retainer.service unit)
  string(REPLACE /usr/local/bin/ \${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}/ unit \"\${unit}\")
  file(WRITE ${made}/retainer.service \"\${unit}\")")
install(FILES ${made}/retainer.service DESTINATION ${RETAINER_UNIT_DIR})
install(FILES deploy/systemd/retainer.sysusers DESTINATION lib/sysusers.d RENAME retainer.conf)
install(FILES deploy/systemd/retainer.tmpfiles DESTINATION lib/tmpfiles.d RENAME retainer.conf)

install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)
install(FILES README.md .github/CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY deploy/docs deploy/examples DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES deploy/policy.schema.json deploy/retainer.schema.json
        DESTINATION ${CMAKE_INSTALL_DATADIR}/retainer)
install(FILES deploy/prometheus/alerts.yml deploy/grafana/retainer.json
        DESTINATION ${CMAKE_INSTALL_DATADIR}/retainer)
install(PROGRAMS deploy/ledger/check.py DESTINATION ${CMAKE_INSTALL_DATADIR}/retainer/ledger)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME retainer)
set(CPACK_PACKAGE_CONTACT "The Retainer maintainers <maintainers@retainer.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY ${PROJECT_DESCRIPTION})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# tzdata: promises are in the customers' time zones. systemd: sysusers and the unit.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "ca-certificates, tzdata, systemd | systemd-sysusers")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    ${PROJECT_SOURCE_DIR}/deploy/package/conffiles ${PROJECT_SOURCE_DIR}/deploy/package/postinst
    ${PROJECT_SOURCE_DIR}/deploy/package/prerm ${PROJECT_SOURCE_DIR}/deploy/package/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
# The configuration to start from: that of `retainer init`, for a service.
file(READ ${PROJECT_SOURCE_DIR}/deploy/examples/start/retainer.yaml config)
string(REPLACE "rocksdb:./data # as a service: rocksdb:/var/lib/retainer"
               "rocksdb:/var/lib/retainer" config "${config}")
string(REPLACE "file:app.pem" "credential:secrets_app.pem" config "${config}")
file(WRITE ${made}/retainer.yaml "${config}")
install(FILES ${made}/retainer.yaml DESTINATION /etc/retainer)
install(FILES deploy/examples/start/policy/policy.yaml DESTINATION /etc/retainer/policy)
include(CPack)
