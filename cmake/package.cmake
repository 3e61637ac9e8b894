# The Debian package, by CPack: ./run package. Where things go is told by install() rules, so that
# `cmake --install` puts the same below any prefix; maintainer scripts are in packaging/debian.
set(PACKAGING ${CMAKE_CURRENT_SOURCE_DIR}/packaging)
set(MADE ${CMAKE_CURRENT_BINARY_DIR}/package)
set(DOC share/doc/panelmux)

# A package of one tree is the same on every day.
find_package(Git QUIET)
if(GIT_FOUND AND NOT DEFINED ENV{SOURCE_DATE_EPOCH})
    execute_process(COMMAND ${GIT_EXECUTABLE} log -1 --format=%ct WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}
        OUTPUT_VARIABLE COMMITTED OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    if(COMMITTED)
        set(ENV{SOURCE_DATE_EPOCH} ${COMMITTED})
    endif()
endif()
string(TIMESTAMP PACKAGE_DATE "%a, %d %b %Y %H:%M:%S +0000" UTC)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME panelmux)
set(CPACK_PACKAGE_VENDOR "panelmux contributors")
set(CPACK_PACKAGE_CONTACT "panelmux contributors <maintainers@panelmux.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "many upstream reseller panels behind one key")
set(CPACK_PACKAGE_DESCRIPTION
"A gateway for resellers of panel services. Its clients speak the de-facto
standard panel API v2 to it with one key; it speaks the same to the panels
that deliver, routes each service to one of several, sells at its own prices,
keeps the books, and never orders twice.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
    WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# The unit reloads by /bin/kill, which is of procps.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "procps, systemd | systemd-standalone-sysusers | systemd-sysusers")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ca-certificates")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${PACKAGING}/debian/postinst ${PACKAGING}/debian/prerm ${PACKAGING}/debian/postrm
    ${PACKAGING}/debian/conffiles)

# Made when it is installed: texts that Debian wants compressed, and what the program prints.
configure_file(${PACKAGING}/debian/changelog.in ${MADE}/changelog.Debian)
install(CODE "
    execute_process(COMMAND gzip -9nc \"${CMAKE_CURRENT_SOURCE_DIR}/CHANGELOG.md\" OUTPUT_FILE \"${MADE}/changelog.gz\"
        COMMAND_ERROR_IS_FATAL ANY)
    execute_process(COMMAND gzip -9nc \"${MADE}/changelog.Debian\" OUTPUT_FILE \"${MADE}/changelog.Debian.gz\"
        COMMAND_ERROR_IS_FATAL ANY)
    execute_process(COMMAND gzip -9nc \"${PACKAGING}/panelmux.8\" OUTPUT_FILE \"${MADE}/panelmux.8.gz\"
        COMMAND_ERROR_IS_FATAL ANY)
    foreach(SHELL bash zsh)
        execute_process(COMMAND \"$<TARGET_FILE:panelmux>\" completion \${SHELL}
            OUTPUT_FILE \"${MADE}/completion.\${SHELL}\" ERROR_QUIET COMMAND_ERROR_IS_FATAL ANY)
    endforeach()")

install(TARGETS panelmux RUNTIME DESTINATION bin)
install(FILES ${MADE}/panelmux.8.gz DESTINATION share/man/man8)
install(FILES ${MADE}/completion.bash DESTINATION share/bash-completion/completions RENAME panelmux)
install(FILES ${MADE}/completion.zsh DESTINATION share/zsh/vendor-completions RENAME _panelmux)
install(FILES ${PACKAGING}/panelmux.sysusers DESTINATION lib/sysusers.d RENAME panelmux.conf)
install(FILES ${PACKAGING}/panelmux.service DESTINATION /lib/systemd/system)
install(FILES ${PACKAGING}/panelmux.yaml DESTINATION /etc/panelmux)
install(DIRECTORY DESTINATION /etc/panelmux/secrets DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
install(FILES ${MADE}/changelog.gz ${MADE}/changelog.Debian.gz ${PACKAGING}/debian/copyright README.md docs/operations.md
    docs/configuration.md docs/architecture.md docs/licences.md config/panelmux.example.yaml DESTINATION ${DOC})
install(FILES ${PACKAGING}/panelmux-alerts.yml ${PACKAGING}/grafana-panelmux.json ${PACKAGING}/prometheus.yml
    DESTINATION share/panelmux)

set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON) # only what is installed is built
include(CPack)
