#!/usr/bin/env bash
# Try omeropyr as somebody new would: clone, `make demo`, `make demo` again, `make test`; with empty caches.
# Prints the seconds of each part. Usage: tools/fresh-machine.sh [--without-tests]
set -euo pipefail
source=$(git -C "$(dirname "$0")/.." rev-parse --show-toplevel)
place=$(mktemp -d "${TMPDIR:-/tmp}/omeropyr-fresh-XXXXXX")
export XDG_CACHE_HOME=$place/cache XDG_DATA_HOME=$place/share PIP_NO_CACHE_DIR=1 npm_config_cache=$place/cache/npm
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')

part() { printf '== %-34s %5d s\n' "$1" $((SECONDS - began)); }

demo() { # $1: what this run is called
  began=$SECONDS
  setsid make -C "$place/omeropyr" demo DEMO_OPTIONS="--port $port --ice-port 0 --ssl-port 0" >"$place/demo.log" 2>&1 &
  local process=$!
  until curl -sf -o /dev/null "http://127.0.0.1:$port/webclient/login/"; do
    kill -0 "$process" 2>/dev/null || { tail -n 30 "$place/demo.log"; exit 1; }
    sleep 0.3
  done
  part "$1"
  grep -E '^-- .*\(' "$place/demo.log" || true
  kill -INT -- "-$process"
  wait "$process" || true
}

began=$SECONDS
git clone --quiet "$source" "$place/omeropyr"
part "git clone"
demo "make demo, empty caches"
demo "make demo, again"
if [ "${1:-}" != --without-tests ]; then
  began=$SECONDS
  make -C "$place/omeropyr" test
  part "make test"
fi
rm -rf "$place"
