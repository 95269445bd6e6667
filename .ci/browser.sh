#!/bin/sh
# The browser tests need Chromium: Debian's when present or installable, else Playwright's own.
set -u
for name in chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null 2>&1 && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing Chromium for the browser tests …"
  { apt-get update -qq && apt-get install -y -qq chromium; } >/dev/null 2>&1 && exit 0
fi
if .venv/bin/python -m playwright install chromium >/dev/null 2>&1; then
  exit 0
fi
echo "The browser tests need Chromium, and it could not be installed here." >&2
echo "As root on Debian or Ubuntu: apt-get install chromium. Elsewhere: .venv/bin/python -m playwright install chromium" >&2
exit 1
