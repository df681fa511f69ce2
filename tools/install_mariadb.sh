#!/bin/sh
# The tests start a MariaDB server of their own. If its programs are not on this machine, install Debian's package
# where that can be done without asking; otherwise say in one line what is missing. Never fails: pytest says what it skips.
for each in mariadbd /usr/sbin/mariadbd /usr/libexec/mariadbd /opt/homebrew/opt/mariadb/bin/mariadbd; do
    command -v "$each" >/dev/null 2>&1 && exit 0
done
if [ "$(id -u)" = 0 ] && [ -f /etc/debian_version ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing the Debian package mariadb-server, which the tests need"
    export DEBIAN_FRONTEND=noninteractive
    { apt-get -qq update && apt-get -qq install --no-install-recommends mariadb-server; } </dev/null >/dev/null 2>&1 && exit 0
fi
echo "MariaDB is not installed, so its tests are skipped: install the package 'mariadb-server' (mariadbd) to run them."
