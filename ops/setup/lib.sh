# Shared by the set-up steps: speaking, failing, becoming root, running long things.
# Sourced, never run.

ROOT=$(cd "$(dirname "$0")/../.." && pwd)
LOG=$ROOT/.vouch/setup.log
WAY_OUT="or run it in containers (docker compose -f ops/compose.yaml up), \
or point VOUCH_DATABASE_URL and VOUCH_MQTT_URL at a TimescaleDB and a broker of your own"

say() { printf 'set-up: %s\n' "$*"; }

# The one clear sentence that ends a set-up which cannot go on.
die() {
    printf 'set-up stopped: %s.\n' "$*" >&2
    exit 1
}

start_log() {
    if ! { mkdir -p "$ROOT/.vouch" && : >>"$LOG"; } 2>/dev/null; then
        die "$ROOT/.vouch is not writable for $(id -un); run as the user who owns the checkout"
    fi
    printf '\n== %s set-up as %s\n' "$(date -u +%FT%TZ)" "$(id -un)" >>"$LOG"
}

# Two set-ups at once (make demo beside make test) take turns.
take_turns() {
    exec 9>"$ROOT/.vouch/setup.lock"
    flock -n 9 || {
        say "another set-up is running in this checkout; waiting for it"
        flock 9
    }
}

# long WHAT SECONDS COMMAND...: run a command into the log, with a sign of life every ten seconds.
# Returns the command's status, so that the caller can say what its failure means.
long() {
    what=$1 usual=$2
    shift 2
    say "$what (about $usual s)"
    printf '\n== %s\n' "$what" >>"$LOG"
    # 9>&-: what a package starts must not keep the turn.
    "$@" </dev/null >>"$LOG" 2>&1 9>&- &
    job=$!
    ticks=0
    while kill -0 "$job" 2>/dev/null; do
        sleep 0.2
        ticks=$((ticks + 1))
        if [ $((ticks % 50)) = 0 ]; then
            say "  $((ticks / 5)) s: $(tail -n 1 "$LOG" | cut -c 1-90)"
        fi
    done
    status=0
    wait "$job" || status=$?
    job=
    return "$status"
}

# Ctrl-C: what runs in the background does not hear it, and apt must not be cut short anyway.
stop() {
    if [ -n "${job:-}" ]; then
        say "stopping when the present step has ended"
        wait "$job" || true
    fi
    die "interrupted; what was done stays, and the next run goes on from there"
}

# Fails where root is needed and cannot be had. Asks for sudo's password now, in the foreground,
# because the commands themselves run in the background of `long`.
need_root() {
    [ "$(id -u)" = 0 ] && return
    command -v sudo >/dev/null ||
        die "$1 needs root and there is no sudo here; run it as root, $WAY_OUT"
    if [ -t 0 ]; then sudo -v; else sudo -n true 2>/dev/null; fi ||
        die "$1 needs root and sudo does not let $(id -un) in; run it as root, $WAY_OUT"
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}
