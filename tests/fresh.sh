#!/bin/bash
# The README's commands, typed on a fresh, minimal Debian as a stranger has it:
#
#     tests/fresh.sh RELEASE [root|user]        RELEASE: trixie, bookworm, sid ...; user: with sudo
#
# It installs make and git, clones what is committed here, and types make run (which must answer, pass the smoke test and
# stop whole at Ctrl-C) and make test. SUITES and WERROR are handed on to make test; see the Makefile.
# Needs root, for a file system of its own (debootstrap, overlayfs). What is downloaded is kept in CACHE
# (${XDG_CACHE_HOME:-/var/cache}/todo-ci). MIRROR names another Debian mirror than debootstrap's.
# Exit status: 0 all green; 1 not; 3 not tried, since no mirror could be reached.
set -euo pipefail

release=${1:-}
who=${2:-root}
here=$(cd "$(dirname "$0")/.." && pwd -P)
cache=${CACHE:-${XDG_CACHE_HOME:-/var/cache}/todo-ci}/$release
base=$cache/base

say() { echo "fresh: $release, $who: $*"; }
fail() { say "$*" >&2; exit 1; }

# What the stranger does. Runs inside, at home, with nothing of this script but what is in the environment.
stranger() {
    set -eu
    took() { echo "fresh: $1: $((SECONDS - began)) s"; began=$SECONDS; }
    began=$SECONDS
    git -c init.defaultBranch=main -c advice.detachedHead=false clone --quiet /todo.bundle todo && cd todo
    setsid env --default-signal make run </dev/null &
    run=$!
    until command -v curl >/dev/null && curl -sf -o /dev/null http://127.0.0.1:8080/readyz; do
        kill -0 $run 2>/dev/null || { echo "fresh: make run has ended before it answered"; exit 1; }
        sleep 0.2
    done
    took "make run answers"
    sh tests/smoke.sh http://127.0.0.1:8080 | tail -n 3
    kill -INT -- -$run # as a terminal does at Ctrl-C
    wait $run || true  # make itself says 130, or 2
    left=$(cat /proc/[0-9]*/comm 2>/dev/null | grep -xE 'todo\.fcgi|lighttpd|postgres|make' | tr '\n' ' ' || true)
    [ -z "$left" ] || { echo "fresh: Ctrl-C leaves behind: $left"; exit 1; }
    took "smoke test and Ctrl-C"
    make test || { echo "fresh: make test fails"; exit 1; }
    took "make test"
}

# As process 1, in namespaces of its own: the fresh machine is / and ends with this process.
inside() {
    local home=/root by=()
    hostname fresh
    cd "$1"
    mount --make-rprivate /
    mount -t overlay overlay -o "lowerdir=$base,upperdir=$PWD/upper,workdir=$PWD/work" root
    cd root
    mount -t proc proc proc
    mount -t sysfs -o ro sysfs sys
    mount --rbind /dev dev
    mount -t tmpfs -o mode=1777 tmpfs dev/shm
    mount --bind "$cache/debs" var/cache/apt/archives
    cp ../todo.bundle /etc/ssl/certs/ca-certificates.crt . && chmod a+r todo.bundle ca-certificates.crt
    mkdir old && pivot_root . old && cd / && umount -l old && rmdir old
    if [ "$who" = user ]; then
        apt-get -qq install --yes --no-install-recommends sudo >/dev/null
        useradd --create-home --shell /bin/bash stranger
        echo 'stranger ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/stranger
        home=/home/stranger by=(setpriv --reuid=stranger --regid=stranger --init-groups)
    fi
    cd $home
    echo cafile=/ca-certificates.crt >.npmrc # whom this machine trusts, such as a proxy on its way
    "${by[@]}" env -i HOME=$home PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin ${SUITES:+"SUITES=$SUITES"} \
        ${WERROR:+"WERROR=$WERROR"} bash -c "$(declare -f stranger); stranger"
}

# A minimal system, and what the README's first line installs. Made again when it is a week old.
make_base() {
    [ -z "$(find "$base.made" -mtime -7 2>/dev/null)" ] || return 0
    rm -rf "$base"
    mkdir -p "$cache/debs/partial"
    # shellcheck disable=SC2086 # no mirror: debootstrap's own
    debootstrap --variant=minbase --cache-dir="$cache/debs" "$release" "$base" ${MIRROR:-} >"$cache/base.log" 2>&1 || return
    cp /etc/resolv.conf "$base/etc/"
    printf '127.0.0.1 localhost fresh\n::1 localhost\n' >"$base/etc/hosts"
    echo force-unsafe-io >"$base/etc/dpkg/dpkg.cfg.d/fresh" # it need not survive a power cut
    in_base apt-get -qq install --yes make git && touch "$base.made"
}

in_base() { DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 chroot "$base" "$@" </dev/null >>"$cache/base.log" 2>&1; }
renew_lists() { in_base apt-get -qq -o APT::Update::Error-Mode=any update; }

if [ "${2:-}" = --inside ]; then
    who=$4
    inside "$3"
    exit
fi
case $release:$who in *[!a-z:]* | :* | -*) release='' ;; *:root | *:user) ;; *) release='' ;; esac
[ -n "$release" ] || { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
[ "$(id -u)" = 0 ] || fail "this needs root"
"$here/deploy/packages.sh" fresh
command -v debootstrap >/dev/null || fail "debootstrap is missing"

began=$SECONDS
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9 # one after another: they share what is downloaded
: >"$cache/base.log"
if ! make_base || ! renew_lists; then
    tail -n 3 "$cache/base.log"
    say "NOT TRIED: no mirror can be reached (see $cache/base.log)"
    exit 3
fi
folder=$(mktemp -d "$cache/run.XXXXXX")
trap 'rm -rf "$folder"' EXIT
mkdir "$folder"/{upper,work,root}
chmod 755 "$folder"/{upper,root}
git -C "$here" bundle create --quiet "$folder/todo.bundle" HEAD
say "a minimal system with make and git: $((SECONDS - began)) s"
# What dpkg says of each package is only in the log.
unshare --mount --pid --uts --fork --kill-child bash "$0" "$release" --inside "$folder" "$who" 2>&1 | tee "$cache/log" |
    grep --line-buffered -vE '^(Selecting|Preparing|Unpacking|Setting up|Processing|\(Reading|  compile|  link)' ||
    fail "FAILED (see $cache/log)"
say "green after $((SECONDS - began)) s"
