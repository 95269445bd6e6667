#!/bin/sh
# The calendar tests ask libical what it reads in our files: the system's where it is, else Debian's, installed by root
# and unpacked beside the environment by anyone else.
set -u
is_there() { .venv/bin/python -m tests.libical >/dev/null 2>&1; }
package() { apt-cache show libical3t64 >/dev/null 2>&1 && echo libical3t64 || echo libical3; }

is_there && exit 0
if command -v apt-get >/dev/null 2>&1; then
  if [ "$(id -u)" = 0 ]; then
    echo "Installing libical for the calendar tests …"
    { apt-get update -qq && apt-get install -y -qq "$(package)"; } >/dev/null 2>&1
  else
    echo "Unpacking libical for the calendar tests into .venv/libical …"
    mkdir -p .venv/libical
    # libical needs the ICU of its own Debian; where that is missing too, it is unpacked beside it.
    icu=$(apt-cache depends "$(package)" 2>/dev/null | sed -n 's/.*Depends: \(libicu[0-9]*\)$/\1/p')
    # shellcheck disable=SC2046,SC2086
    (cd .venv/libical && apt-get download $(package) $icu && for file in *.deb; do dpkg-deb -x "$file" .; done) >/dev/null 2>&1
  fi
elif command -v brew >/dev/null 2>&1; then
  echo "Installing libical for the calendar tests …"
  brew install --quiet libical >/dev/null 2>&1
fi
is_there && exit 0
echo "The calendar tests need libical, and it could not be installed here." >&2
echo "As root on Debian or Ubuntu: apt-get install libical3 (or libical3t64). On Fedora: dnf install libical. On macOS: brew install libical" >&2
exit 1
