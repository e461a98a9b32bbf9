# The virtual environment: packages from the hashed lock, vouch itself as an editable install.
# Sourced, never run.

STAMP=$ROOT/.venv/vouch-setup

# Changes whenever what is in .venv should: the locks, the project's own list, where it lives.
wanted_stamp() {
    cksum "$ROOT/requirements/dev.txt" "$ROOT/pyproject.toml"
}

python_packages_ready() {
    [ -x "$ROOT/.venv/bin/python" ] && [ -e "$STAMP" ] && [ "$(cat "$STAMP")" = "$(wanted_stamp)" ]
}

# The first Python that is new enough, or nothing.
find_python() {
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
        "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
        command -v "$name"
        return
    done
}

# Before anything is installed, because nothing else is of use without it.
need_python() {
    [ -n "$(find_python)" ] || ! command -v python3 >/dev/null ||
        die "vouch needs Python 3.11 or newer and this machine has $(python3 --version); use Debian 12 or Ubuntu 24.04 or newer, $WAY_OUT"
}

ensure_python() {
    python_packages_ready && return
    command -v python3 >/dev/null || install_packages "Python" 15 python3 python3-venv
    need_python
    python=$(find_python)
    if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
        install_packages "Python's venv module" 10 \
            "$("$python" -c 'import sys; print("python3.%d-venv" % sys.version_info[1])')"
    fi
    # What does not start any more (the system's Python was upgraded) or was moved here from
    # another folder is made anew.
    if ! "$ROOT/.venv/bin/python" -c 'import sys; sys.exit(sys.prefix != sys.argv[1])' "$ROOT/.venv" 2>/dev/null ||
        ! head -n 1 "$ROOT/.venv/bin/pip" 2>/dev/null | grep -qF "$ROOT/.venv/"; then
        long "making the virtual environment .venv with $("$python" --version)" 5 \
            "$python" -m venv --clear "$ROOT/.venv" ||
            die "the virtual environment could not be made (see $LOG); install Python's venv module, $WAY_OUT"
    fi
    rm -f "$STAMP"
    long "installing Python packages from requirements/dev.txt, each checked against its hash" 20 \
        pip_install --require-hashes --no-deps -r "$ROOT/requirements/dev.txt" ||
        die "the Python packages could not be installed (no network to the package index? see $LOG); mend that, $WAY_OUT"
    long "installing vouch itself, editable" 2 \
        pip_install --no-deps --no-build-isolation --no-index -e "$ROOT" ||
        die "vouch itself could not be installed into .venv (see $LOG)"
    wanted_stamp >"$STAMP"
}

pip_install() {
    PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PIP_PROGRESS_BAR=off \
        "$ROOT/.venv/bin/python" -m pip install --no-input "$@"
}
