#!/bin/sh
# The tests start a Spark cluster of their own, which needs Java 17 or newer. If there is none on this machine, install
# Debian's package where that can be done without asking; otherwise say in one line what is missing. Never fails.
command -v java >/dev/null 2>&1 && exit 0
[ -n "$JAVA_HOME" ] && [ -x "$JAVA_HOME/bin/java" ] && exit 0
if [ "$(id -u)" = 0 ] && [ -f /etc/debian_version ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing the Debian package openjdk-17-jre-headless, which the tests need"
    export DEBIAN_FRONTEND=noninteractive
    { apt-get -qq update && apt-get -qq install --no-install-recommends openjdk-17-jre-headless; } </dev/null >/dev/null 2>&1 && exit 0
fi
echo "Java is not installed, so the tests of Spark are skipped: install the package 'openjdk-17-jre-headless' to run them."
