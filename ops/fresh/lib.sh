# What the two scripts of `make fresh` share: the set-up's way of running long things, in their own name.
# Sourced, never run.

# shellcheck source=ops/setup/lib.sh
. "$(dirname "$0")/../setup/lib.sh"
LOG=$ROOT/.vouch/fresh.log
WAY_OUT="or leave it to a machine that has it"

say() { printf 'fresh: %s\n' "$*"; }

die() {
    printf 'fresh stopped: %s.\n' "$*" >&2
    exit 1
}
