#!/bin/sh
# The tests start a PostgreSQL server of their own. If its programs are not on this machine, install Debian's package
# where that can be done without asking; otherwise say in one line what is missing. Never fails: pytest says what it skips.
for each in initdb /usr/lib/postgresql/*/bin/initdb /usr/pgsql-*/bin/initdb /opt/homebrew/opt/postgresql*/bin/initdb; do
    command -v "$each" >/dev/null 2>&1 && exit 0
done
if [ "$(id -u)" = 0 ] && [ -f /etc/debian_version ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing the Debian package postgresql, which the tests need"
    export DEBIAN_FRONTEND=noninteractive
    { apt-get -qq update && apt-get -qq install --no-install-recommends postgresql; } </dev/null >/dev/null 2>&1 && exit 0
fi
echo "PostgreSQL is not installed, so its tests are skipped: install the package 'postgresql' (initdb) to run them."
