# Mosquitto, whose program vouch runs privately; the system's own broker service stays off.
# Sourced, never run.

broker_ready() {
    PATH=$PATH:/usr/sbin command -v mosquitto >/dev/null &&
        command -v mosquitto_passwd >/dev/null && command -v mosquitto_sub >/dev/null
}

ensure_broker() {
    broker_ready && return
    [ -e /usr/sbin/mosquitto ] && had_broker=yes || had_broker=
    install_packages "the Mosquitto broker and its tools" 10 mosquitto mosquitto-clients
    # The package enables a service for the next boot. Whoever had none before gets none.
    if [ -z "$had_broker" ] && command -v systemctl >/dev/null; then
        as_root systemctl disable mosquitto.service >>"$LOG" 2>&1 ||
            say "  mosquitto.service could not be disabled; it will start at the next boot"
    fi
}
