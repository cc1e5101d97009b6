# Sourced by the scripts beside it: where things are, and how a script says what to do next.
# shellcheck shell=bash
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
TARGET=${CARGO_TARGET_DIR:-$ROOT/target}
# Outside the work tree, so that a fresh clone does not fetch a Debian root and Autobahn again.
CACHE=${FERRY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ferry}
PHP_BIN=${PHP_BIN:-php}

# Ends the script; the message says what is wrong and what to do.
die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# need COMMAND HINT: ends the script unless COMMAND is there.
need() {
    command -v "$1" >/dev/null || die "$1 is missing. $2"
}

# Exports FERRY_EXTENSION, the library to load, as an absolute path.
need_extension() {
    FERRY_EXTENSION=${FERRY_EXTENSION:-$TARGET/release/libferry.so}
    [ -f "$FERRY_EXTENSION" ] || die "$FERRY_EXTENSION is not there. Run 'make build', or set FERRY_EXTENSION to the built library."
    FERRY_EXTENSION=$(realpath "$FERRY_EXTENSION")
    export FERRY_EXTENSION
}

need_php() {
    need "$PHP_BIN" "Run 'scripts/install', or install PHP 8.2 or newer (command line) and set PHP_BIN."
}

# The mirror that this machine's apt uses; nothing on another distribution.
debian_mirror() {
    ! grep -qx 'ID=debian' /etc/os-release || apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -v security | head -n 1
}

# node_tests NAME FILE...: runs Node.js tests in the current folder, and prints their count as run-tests reads it.
node_tests() {
    local name=$1 tap=$TARGET/test-logs/$1.tap status=0 failed skipped
    shift
    mkdir -p "${tap%/*}"
    : > "$tap"
    node --test --test-concurrency=1 --test-reporter=spec --test-reporter-destination=stdout \
        --test-reporter=tap --test-reporter-destination="$tap" "$@" || status=$?
    number() { sed -n "s/^# $1 //p" "$tap" | grep . || echo 0; }
    # A test that was cancelled, by a hook that failed for instance, has not passed.
    failed=$(($(number fail) + $(number cancelled)))
    skipped=$(($(number skipped) + $(number todo)))
    [ "$skipped" = 0 ] && skipped= || skipped=", $skipped skipped"
    echo "$name: $(number pass) passed, $failed failed$skipped"
    return $status
}
