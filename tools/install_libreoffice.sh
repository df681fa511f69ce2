#!/bin/sh
# The tests open a written DOCX and ODT in LibreOffice Writer. If it is not on this machine, install Debian's package where
# that can be done without asking; otherwise say in one line what is missing. Never fails: pytest says what it skips.
for each in soffice libreoffice; do
    command -v "$each" >/dev/null 2>&1 && exit 0
done
if [ "$(id -u)" = 0 ] && [ -f /etc/debian_version ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing the Debian package libreoffice-writer-nogui, which the tests need"
    export DEBIAN_FRONTEND=noninteractive
    { apt-get -qq update && apt-get -qq install --no-install-recommends libreoffice-writer-nogui; } </dev/null >/dev/null 2>&1 && exit 0
fi
echo "LibreOffice is not installed, so its tests are skipped: install the package 'libreoffice-writer' (soffice) to run them."
