# PostgreSQL with the real TimescaleDB extension: the archive's package where there is one, else
# Debian's own source package, built for the server that is installed.
# Sourced, never run.

# Where source comes from when the archive has no package: Debian 13 ships 2.19, for servers 14-17.
SOURCE_SUITE=trixie
SOURCE_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# Installed server versions, newest first.
servers() {
    for bin in /usr/lib/postgresql/*/bin/initdb; do
        [ -x "$bin" ] && bin=${bin%/bin/initdb} && echo "${bin##*/}"
    done | sort -rn
}

# Whether server $1 has the extension complete: its control file, and both libraries of the version
# that the control file names. An installation that was cut short is not complete.
has_timescaledb() {
    control=/usr/share/postgresql/$1/extension/timescaledb.control
    [ -r "$control" ] || return 1
    version=$(sed -n "s/^default_version *= *'\(.*\)'.*/\1/p" "$control")
    [ -e "/usr/lib/postgresql/$1/lib/timescaledb.so" ] &&
        [ -e "/usr/lib/postgresql/$1/lib/timescaledb-$version.so" ] &&
        [ -e "/usr/share/postgresql/$1/extension/timescaledb--$version.sql" ]
}

database_ready() {
    for server in $(servers); do
        has_timescaledb "$server" && return 0
    done
    return 1
}

# Server versions for which this machine's archive has the extension, best first: one that is
# installed already before a newer one.
packaged() {
    packages=$(apt-cache search --names-only '^postgresql-[0-9]+-timescaledb$' 2>>"$LOG" |
        sed -n 's/^postgresql-\([0-9]*\)-timescaledb .*/\1/p')
    for server in $(servers); do
        echo "$packages" | grep -x "$server" || true
    done
    echo "$packages" | sort -rn
}

ensure_database() {
    database_ready && return
    need_apt "PostgreSQL with TimescaleDB"
    refresh_lists
    server=$(packaged | head -n 1)
    if [ -n "$server" ]; then
        install_packages "PostgreSQL $server with TimescaleDB" 30 \
            "postgresql-$server" "postgresql-$server-timescaledb"
    else
        server=$(servers | head -n 1)
        [ -n "$server" ] || server=$(apt-cache depends postgresql 2>>"$LOG" |
            sed -n 's/.*Depends: postgresql-\([0-9]*\)$/\1/p' | head -n 1)
        [ -n "$server" ] ||
            die "apt knows no PostgreSQL here (no network to read its package lists? see $LOG); mend that, $WAY_OUT"
        build_timescaledb "$server"
    fi
    has_timescaledb "$server" ||
        die "TimescaleDB for PostgreSQL $server is still incomplete after installing it (see $LOG); remove it and try again, $WAY_OUT"
}

# The address of Debian's archive: the one this machine itself uses, or, on Ubuntu, the one that apt's
# Python library ships. VOUCH_DEBIAN_ARCHIVE names another, such as a mirror of your own.
source_archive() {
    archive=${VOUCH_DEBIAN_ARCHIVE:-}
    # shellcheck disable=SC2016  # apt fills in $(SITE), not the shell
    [ -n "$archive" ] || archive=$(apt-get indextargets --format '$(SITE)' \
        'Created-By: Packages' 'Origin: Debian' 'Label: Debian' 2>>"$LOG" | head -n 1)
    templates=/usr/share/python-apt/templates/Debian.info
    [ -n "$archive" ] || archive=$(sed -n 's/^BaseURI: *//p' "$templates" 2>>"$LOG" | head -n 1)
    echo "${archive%/}"
}

build_timescaledb() {
    # The compiler and the server's headers; krb5 because the server's headers include GSSAPI's.
    install_packages "PostgreSQL $1 and what builds TimescaleDB" 40 "postgresql-$1" \
        gcc libc6-dev libkrb5-dev cmake ninja-build dpkg-dev debian-archive-keyring python-apt-common
    archive=$(source_archive)
    [ -n "$archive" ] ||
        die "the address of Debian's archive is not known here; name it in VOUCH_DEBIAN_ARCHIVE, $WAY_OUT"
    work=$(mktemp -d "${TMPDIR:-/var/tmp}/vouch-timescaledb.XXXXXX")
    long "fetching TimescaleDB's source package from Debian $SOURCE_SUITE" 5 \
        sh -eu "$ROOT/ops/setup/build_timescaledb" fetch "$1" "$work" \
        "deb-src [signed-by=$SOURCE_KEYRING] $archive $SOURCE_SUITE main" ||
        die "TimescaleDB's source could not be fetched from $archive (no network? see $LOG); mend that, $WAY_OUT"
    long "building TimescaleDB for PostgreSQL $1" 40 \
        sh -eu "$ROOT/ops/setup/build_timescaledb" build "$1" "$work" ||
        die "TimescaleDB did not build for PostgreSQL $1 (see $LOG; the tree is kept in $work); $WAY_OUT"
    long "installing it as the package postgresql-$1-timescaledb" 3 \
        apt_get install "$work/postgresql-$1-timescaledb.deb" ||
        die "the built TimescaleDB could not be installed (see $LOG); remove what is in its way, $WAY_OUT"
    rm -rf "$work"
}
