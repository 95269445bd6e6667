#!/bin/sh
# Make the virtual environment, or say in one clear sentence what is missing.
set -u
is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

# One that works is kept: programs may be running from it.
if is_new_enough "$VENV/bin/python" && "$VENV/bin/python" -m pip --version >/dev/null 2>&1; then
  exit 0
fi
if ! is_new_enough "$PYTHON"; then
  for candidate in python3.14 python3.13 python3.12 python3.11; do
    if is_new_enough "$candidate"; then PYTHON=$candidate; break; fi
  done
fi
if ! command -v "$PYTHON" >/dev/null 2>&1; then
  echo "Meridian needs Python 3.11 or later, and there is no “$PYTHON” here." >&2
  exit 1
fi
if ! is_new_enough "$PYTHON"; then
  echo "Meridian needs Python 3.11 or later; “$PYTHON” is $("$PYTHON" -V 2>&1). Set PYTHON=… to a newer one." >&2
  exit 1
fi
if ! "$PYTHON" -c 'import ensurepip, venv' >/dev/null 2>&1; then
  # Debian ships Python without venv; as root we can mend that.
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing python3-venv …"
    { apt-get update -qq && apt-get install -y -qq python3-venv; } >/dev/null 2>&1
  fi
  if ! "$PYTHON" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    echo "This Python comes without venv. On Debian or Ubuntu: apt-get install python3-venv" >&2
    exit 1
  fi
fi
rm -rf "$VENV"
"$PYTHON" -m venv "$VENV" || { echo "The environment in $VENV could not be made." >&2; exit 1; }
