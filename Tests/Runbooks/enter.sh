#!/bin/bash
# Process 1 of a world: makes it in memory, lays its directories over those of this machine, of which all else becomes read-only;
# then does what it is asked for, a file at a time.
#
#   unshare --mount --pid --fork … -- bash enter.sh EMPTY-DIRECTORY   < requests   > answers
#
# `page NAME` runs /run/world/NAME.sh in this very shell, so that what one block of a page sets the next one has, and ends with it
# at the first command that fails. `hook NAME` runs it in a shell of its own.
set -euo pipefail
exec 8<&0 9>&1 </dev/null
mapfile -t others < <(awk '{print $5}' /proc/self/mountinfo)
ip link set lo up 2>/dev/null || true

mount -t tmpfs -o mode=755 world "$1"
cd "$1"
mkdir -p bin etc/backupctl srv/nfs mnt/backup var/lib var/log var/tmp tmp run/lock run/world/units run/world/home
chmod 1777 tmp var/tmp
ln -s /run var/run
# What programs need of /etc; no secret is among it.
for name in alternatives default environment exports.d group host.conf hosts ld.so.cache ld.so.conf ld.so.conf.d localtime \
  login.defs mke2fs.conf mysql netconfig nfs.conf nsswitch.conf pam.d passwd perl postgresql-common profile protocols rpc \
  security services timezone; do
  if [ -e "/etc/$name" ]; then cp -a "/etc/$name" etc; fi
done
rm -f etc/mysql/debian.cnf
touch bin/backupctl
mount --bind bin /usr/local/bin
mount --bind "$BACKUPCTL" /usr/local/bin/backupctl
for place in etc srv mnt var run tmp; do mount --bind "$place" "/$place"; done
cd /
# What is open for writing would keep its mount from becoming read-only.
exec >/run/world/log 2>&1
for point in "${others[@]}"; do
  case $point/ in
    // | /usr/*) mount -o remount,bind,ro "$point" ;;
    /etc/* | /srv/* | /mnt/* | /var/* | /run/* | /tmp/* | /proc/* | /sys/* | /dev/*) ;;
    *) mount -o remount,bind,ro "$point" || true ;;
  esac
done

export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/run/world/home LC_ALL=C.UTF-8
unset BACKUPCTL
# With this shell the world ends, so what it has to say of its end it says now.
trap 'echo "ended $?" >&9; cat "/run/world/$name.out" >&9' EXIT
echo ready >&9
while read -r -u 8 kind name; do
  file=/run/world/$name.sh
  code=0
  case $kind in
    page) . "$file" ;;
    hook) bash -euo pipefail "$file" || code=$? ;;
  esac </dev/null >"/run/world/$name.out" 2>&1
  echo "$code" >&9
done
trap - EXIT
