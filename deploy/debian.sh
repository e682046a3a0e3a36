#!/bin/sh
# Debian packages that the tests use as real parts. Installs the missing ones when root or sudo allows, else names them.
set -eu
# program:package
needed="mosquitto:mosquitto influxd:influxdb victoria-metrics:victoria-metrics chromium:chromium mbpoll:mbpoll strace:strace gcc:gcc openssl:openssl systemd-analyze:systemd systemd-nspawn:systemd-container udevadm:udev mosquitto_sub:mosquitto-clients"
fonts=/usr/share/fonts/truetype/wqy/wqy-microhei.ttc
headers=/usr/include/modbus/modbus.h
venv=/usr/lib/python3.*/ensurepip/__init__.py

missing=""
for pair in $needed; do
    PATH="$PATH:/usr/sbin" command -v "${pair%%:*}" >/dev/null 2>&1 || missing="$missing ${pair#*:}"
done
[ -e "$fonts" ] || missing="$missing fonts-wqy-microhei"
# shellcheck disable=SC2086 # a pattern
[ -e $venv ] || missing="$missing python3-venv"
[ -e "$headers" ] || missing="$missing libmodbus-dev"
[ -n "$missing" ] || exit 0

line="apt-get install --yes --no-install-recommends$missing"
if [ "$(id -u)" = 0 ]; then
    root=""
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    root="sudo"
else
    echo "The tests need these Debian packages:$missing" >&2
    echo "Install them:  sudo $line" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
$root apt-get update -qq
$root $line -qq >/dev/null
for service in mosquitto influxdb victoria-metrics; do
    # the tests start their own on free ports; the packages' services are not wanted
    $root systemctl disable --now "$service" >/dev/null 2>&1 || true
done
