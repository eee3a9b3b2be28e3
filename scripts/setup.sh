#!/bin/sh
# Makes .venv with the pinned dependencies and MockOps itself; does nothing when it is up to date.
set -eu
cd "$(dirname "$0")/.."

fail() { printf 'setup: %s\n' "$1" >&2; exit 1; }

python=${PYTHON:-}
if [ -z "$python" ]; then
    for candidate in python3 python3.13 python3.12 python3.11; do
        if command -v "$candidate" >/dev/null 2>&1 &&
            "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            python=$candidate
            break
        fi
    done
fi
[ -n "$python" ] || fail 'Python 3.11 or newer is needed; install it, or name one: make PYTHON=/path/to/python3.12 …'

stamp=.venv/.installed
wanted=$(cat uv.lock pyproject.toml | cksum)
if [ -x .venv/bin/python ] && [ "$(cat "$stamp" 2>/dev/null || true)" = "$wanted" ]; then
    exit 0
fi

echo 'setup: making .venv'
if command -v uv >/dev/null 2>&1; then
    uv=$(command -v uv)
    [ -x .venv/bin/python ] || "$uv" venv --quiet --python "$python" .venv
else
    if [ ! -x .venv/bin/pip ] && ! "$python" -m venv .venv >/dev/null 2>&1; then
        # Debian and Ubuntu keep ensurepip in a package of its own
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
            apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null
            rm -rf .venv
            "$python" -m venv .venv
        else
            fail "'$python -m venv' does not work here; install the system's package for it (Debian, Ubuntu: apt install python3-venv)"
        fi
    fi
    [ -x .venv/bin/uv ] || .venv/bin/python -m pip install --quiet --disable-pip-version-check uv
    uv=.venv/bin/uv
fi
"$uv" pip install --quiet --python .venv/bin/python --require-hashes --requirement uv.lock
"$uv" pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
printf '%s' "$wanted" > "$stamp"
