#!/bin/sh
# Installs the agent or the aggregator of artifacts/ as a service of this machine, updates it, or removes it.
set -eu
# The service's user reads what is installed, and its settings.
umask 022

usage() {
  cat <<'TEXT'
usage: deploy/systemd/install.sh agent|aggregator     install it, or update it, and start it
       deploy/systemd/install.sh --remove agent|aggregator

Programs go to /opt/monitor, the unit to /etc/systemd/system, settings to /etc/monitor-NAME.json, and monitors of your own
to /etc/network-monitor/monitors.d; an update and a removal leave the last two as they are. ./build.sh makes what is
installed. DESTDIR=FOLDER installs below a folder and starts nothing.
TEXT
}

fail() {
  echo "install.sh: $*" >&2
  exit 1
}

remove=
case "${1-}" in
  -h | --help) usage; exit 0 ;;
  --remove) remove=1; shift ;;
esac
name=${1-}
case "$name" in
  agent | aggregator) ;;
  *) usage >&2; exit 2 ;;
esac
repository=$(cd "$(dirname "$0")/../.." && pwd)
root=${DESTDIR-}
service=monitor-$name
unit=/etc/systemd/system/$service.service
if [ -z "$root" ]; then
  [ "$(id -u)" = 0 ] || fail "needs root: sudo deploy/systemd/install.sh $*"
  command -v systemctl >/dev/null || fail "systemd is not here; the program runs without it: /opt/monitor/$name/$service --help"
fi

if [ -n "$remove" ]; then
  [ -n "$root" ] || systemctl disable --now "$service" || true
  rm -rf "$root/opt/monitor/$name" "$root$unit" "$root$unit.d/perf-events.conf"
  rmdir "$root$unit.d" 2>/dev/null || true
  [ -n "$root" ] || systemctl daemon-reload
  echo "$service is removed; its settings stay in /etc/$service.json"
  exit 0
fi

[ -x "$repository/artifacts/$name/$service" ] || fail "artifacts/$name is not built: ./build.sh"
mkdir -p "$root/opt/monitor" "$root/etc/systemd/system"
# Beside it first: a copy that fails half-way, as on a full disk, leaves what runs alone.
rm -rf "$root/opt/monitor/$name.new"
cp -r "$repository/artifacts/$name" "$root/opt/monitor/$name.new" || {
  rm -rf "$root/opt/monitor/$name.new"
  fail "/opt/monitor/$name cannot be written; what was there is unchanged"
}
chmod -R go+rX,go-w "$root/opt/monitor/$name.new"
rm -rf "$root/opt/monitor/$name"
mv "$root/opt/monitor/$name.new" "$root/opt/monitor/$name"
[ -e "$root/etc/$service.json" ] || echo '{}' >"$root/etc/$service.json"
# Empty, and not read before a setting says so: see README.md.
[ "$name" != agent ] || mkdir -p "$root/etc/network-monitor/monitors.d"
cp "$repository/deploy/systemd/$service.service" "$root$unit"
# Above 2, which kernels of Debian and Ubuntu know, CAP_PERFMON is not enough for a ring.
level=$(cat /proc/sys/kernel/perf_event_paranoid 2>/dev/null || echo 2)
if [ "$name" = agent ] && [ "$level" -gt 2 ]; then
  echo "kernel.perf_event_paranoid is $level here, so the agent gets CAP_SYS_ADMIN too, until its programs are loaded"
  echo "($unit.d/perf-events.conf); not after: sysctl kernel.perf_event_paranoid=2, and install.sh agent"
  mkdir -p "$root$unit.d"
  cat >"$root$unit.d/perf-events.conf" <<TEXT
# Written by install.sh: kernel.perf_event_paranoid was $level.
[Service]
AmbientCapabilities=CAP_SYS_ADMIN
CapabilityBoundingSet=CAP_SYS_ADMIN
TEXT
else
  rm -f "$root$unit.d/perf-events.conf"
fi
if [ -n "$root" ]; then
  echo "$service is installed below $root"
  exit 0
fi

systemctl daemon-reload
systemctl enable "$service"
systemctl restart "$service"
systemctl --no-pager --lines=5 status "$service"
