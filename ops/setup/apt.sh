# Installing Debian packages without starting, creating or restarting anything of the system's.
# Sourced, never run.

QUIET_CLUSTER=/etc/postgresql-common/createcluster.d/vouch-setup.conf
QUIET_START=/usr/sbin/policy-rc.d
quiet_cluster='' quiet_start=''

need_apt() {
    # shellcheck source=/dev/null
    system=$(. /etc/os-release 2>/dev/null && printf '%s %s' "${ID:-unknown}" "${ID_LIKE:-}") ||
        system=unknown
    case " $system " in
    *" debian "* | *" ubuntu "*) ;;
    *) die "$1 is missing and this system (${system%% *}) is neither Debian nor Ubuntu; install it yourself, $WAY_OUT" ;;
    esac
    command -v apt-get >/dev/null || die "$1 is missing and so is apt-get; install it yourself, $WAY_OUT"
    need_root "installing $1"
}

# A fresh server package makes and starts a cluster, a fresh broker package a service. vouch brings
# its own private ones, so both are told not to; what is already there is left exactly as it is.
# `setup` calls be_loud however it ends, so that neither file outlives it.
be_quiet() {
    quiet_cluster=yes
    as_root mkdir -p "${QUIET_CLUSTER%/*}"
    echo 'create_main_cluster = false' | as_root tee "$QUIET_CLUSTER" >/dev/null
    [ ! -e "$QUIET_START" ] || return 0
    quiet_start=yes
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$QUIET_START" >/dev/null
    as_root chmod 755 "$QUIET_START"
}

be_loud() {
    [ -z "$quiet_cluster" ] || as_root rm -f "$QUIET_CLUSTER"
    [ -z "$quiet_start" ] || as_root rm -f "$QUIET_START"
    quiet_cluster='' quiet_start=''
}

apt_get() {
    # Waits for unattended upgrades, which a fresh machine often runs in its first minutes.
    as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 apt-get -y -q \
        -o DPkg::Lock::Timeout=300 -o APT::Update::Error-Mode=any "$@"
}

refresh_lists() {
    [ -z "${lists_are_fresh:-}" ] || return 0
    # Somebody else's broken archive must not stop us; a missing package will.
    long "reading the archive's package lists" 5 apt_get update ||
        say "  some package lists could not be read ($LOG); trying with what is here"
    lists_are_fresh=yes
}

# install_packages WHY SECONDS PACKAGE...
install_packages() {
    why=$1 seconds=$2
    shift 2
    need_apt "$why"
    refresh_lists
    be_quiet
    long "installing $why: $*" "$seconds" apt_get install --no-install-recommends --no-upgrade "$@" ||
        die "apt could not install $* (no network, or not in this archive? see $LOG); mend that, $WAY_OUT"
    be_loud
}
