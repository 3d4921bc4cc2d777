#!/bin/bash
# Runs the service in the foreground (`make run`): a private PostgreSQL, lighttpd with lighttpd.conf, todo.fcgi behind it.
# Ctrl-C stops what was started here, the database last. All it makes is in RUN_DIR, and stays there for the next run.
#
# From the environment: PORT=8080 BIND=127.0.0.1 RUN_DIR=.run, and every setting of `todo.fcgi --help`.
# With DATABASE_URL there is no private PostgreSQL; without JWT_SECRET a random one is kept in RUN_DIR.
set -u

say() { echo "run: $*"; }
fail() { echo "run: $*" >&2; exit 1; }

# --- Stopping. Both children have a session of their own: the terminal's Ctrl-C reaches only this script, so that the
# order is ours. Both also die with this script (pdeathsig), should it be killed.
web='' database='' short='' ready=''

# Sends a signal, again and again while `again` is yes, until the last process of the group has ended.
# shellcheck disable=SC2317 # reached by the trap
end_group() { # leader signal seconds again
    local end=$((SECONDS + $3))
    kill -s "$2" "$1" 2>/dev/null
    while kill -0 "$1" 2>/dev/null || kill -0 -- "-$1" 2>/dev/null; do
        ((SECONDS <= end)) || return 1
        sleep 0.1
        [ "$4" = no ] || kill -s "$2" "$1" 2>/dev/null
    done
}

# shellcheck disable=SC2317
stop_all() {
    local status=$? drain=TERM
    trap '' INT TERM HUP
    [ -z "$ready" ] || drain=INT                # lighttpd: finish the requests at hand; a second one would hasten it
    [ -z "$web" ] || end_group "$web" "$drain" $((${DRAIN_SECONDS:-10} + 15)) no || kill -KILL -- "-$web"
    # PostgreSQL: a fast, clean shutdown. Again, since it ignores the first one while it is being started.
    [ -z "$database" ] || end_group "$database" INT 60 yes || end_group "$database" QUIT 60 yes
    [ -z "$short" ] || rm -rf "$short"
    [ "$status" != 0 ] || say "stopped"
    exit "$status"
}
trap stop_all EXIT
trap 'exit 0' INT TERM HUP

# --- Where things are.
TODO_ROOT=$(cd "$(dirname "$0")/.." && pwd -P) || exit 1
TODO_FCGI=${TODO_FCGI:-$TODO_ROOT/build/todo.fcgi}
PORT=${PORT:-8080}
BIND=${BIND:-127.0.0.1}
RUN_DIR=${RUN_DIR:-$TODO_ROOT/.run}
PATH=$PATH:/usr/sbin:/sbin

if [[ ! $PORT =~ ^[1-9][0-9]{0,4}$ ]] || ((PORT > 65535)); then
    fail "PORT must be a number from 1 to 65535, not \"$PORT\"."
fi
TODO_FCGI=$(realpath -e "$TODO_FCGI" 2>/dev/null) || fail "there is no todo.fcgi yet: type make first."
for tool in lighttpd curl flock setpriv setsid; do
    command -v "$tool" >/dev/null || fail "$tool is missing: deploy/packages.sh run installs it."
done
mkdir -p "$RUN_DIR" 2>/dev/null || fail "the folder RUN_DIR cannot be made: $RUN_DIR"
RUN_DIR=$(cd "$RUN_DIR" && pwd -P) || exit 1
umask 077
mkdir -p "$RUN_DIR/log" || exit 1
cd / || exit 1                                  # the user postgres may not stand in this folder

# The first lock says that a run is there. The second is inherited by everything it starts: after a kill -9 it
# is free as soon as the last of them has ended.
: 2>/dev/null >"$RUN_DIR/lock" || fail "$RUN_DIR cannot be written: did another user make it?"
exec 9>"$RUN_DIR/lock" 8>"$RUN_DIR/lock.children" || exit 1
flock -w 1 9 || fail "another run is using $RUN_DIR: stop that one, or give another RUN_DIR and PORT."
if ! flock -n 8; then
    say "waiting for what an earlier run left to end"
    flock -w 60 8 || fail "processes of an earlier run are still using $RUN_DIR: end them first."
fi

rm -f "$RUN_DIR"/{fcgi,auth}-*.sock*             # of a lighttpd that was killed

case $BIND in
    0.0.0.0) host=127.0.0.1 ;;
    ::) host=::1 ;;
    *) host=$BIND ;;
esac
url=http://$host:$PORT
case $BIND in *:*) BIND=[$BIND] url=http://[$host]:$PORT ;; esac
busy="port $PORT is busy: stop what listens there, or choose another one with PORT=."
# shellcheck disable=SC2016 # the inner shell's parameters
! timeout 2 bash -c ': <>"/dev/tcp/$0/$1"' "$host" "$PORT" 2>/dev/null || fail "$busy"

# A unix socket's path is limited to 107 bytes, and some characters would have to be quoted in too many places.
sockets=$RUN_DIR
if ((${#RUN_DIR} > 80)) || [[ $RUN_DIR =~ [^A-Za-z0-9_./@+-] ]]; then
    short=$(mktemp -d /tmp/todo.XXXXXX) && chmod 711 "$short" && ln -s "$RUN_DIR" "$short/run" || exit 1
    sockets=$short/run
fi

# --- The secret that signs tokens: made once, whole or not at all.
if [ -z "${JWT_SECRET:-}${JWT_SECRET_FILE:-}" ]; then
    export JWT_SECRET_FILE=$RUN_DIR/jwt_secret
    if [ ! -s "$JWT_SECRET_FILE" ]; then
        head -c 48 /dev/urandom | base64 -w 0 >"$JWT_SECRET_FILE.new" || exit 1
        mv "$JWT_SECRET_FILE.new" "$JWT_SECRET_FILE" || exit 1
    fi
fi

# --- The private PostgreSQL: a unix socket in a folder that only its owner may enter, no TCP.
as_owner=()

# Sets pg, the cluster's folder, and as_owner: PostgreSQL refuses to run as root.
find_pg() {
    pg=$sockets/pg
    if [ "$(id -u)" != 0 ]; then
        mkdir -p "$pg"
    elif [ -d "$pg/data" ]; then
        [ ! -L "$RUN_DIR/pg" ] || pg=$(realpath "$RUN_DIR/pg")
        as_owner=("--reuid=$(stat -c %u "$pg/data")" "--regid=$(stat -c %g "$pg/data")" --clear-groups)
    else
        id postgres >/dev/null 2>&1 || fail "there is no user postgres: deploy/packages.sh run installs PostgreSQL."
        as_owner=(--reuid=postgres --regid=postgres --clear-groups)
        setpriv "${as_owner[@]}" test -x "$RUN_DIR" || find_pg_elsewhere
        mkdir -p "$pg" && chown postgres:postgres "$pg"
    fi
}

# Where the user postgres cannot reach RUN_DIR, as below /root.
find_pg_elsewhere() {
    pg=/var/lib/todo-$(printf %s "$RUN_DIR" | sha256sum | cut -c 1-12)
    say "the user postgres cannot reach $RUN_DIR, so the database is kept in $pg"
    [ -L "$RUN_DIR/pg" ] || rmdir "$RUN_DIR/pg" 2>/dev/null
    ln -sfn "$pg" "$RUN_DIR/pg"
}

# Sets bin: the programs of the version that the data is of, else of the newest one.
find_bin() {
    local version='*'
    [ ! -e "$pg/data/PG_VERSION" ] || version=$(cat "$pg/data/PG_VERSION")
    # shellcheck disable=SC2086 # a pattern
    bin=$(printf '%s\n' /usr/lib/postgresql/$version/bin | sort -V | tail -n 1)
    [ -x "$bin/initdb" ] || fail "the PostgreSQL server ($bin) is missing: deploy/packages.sh run installs it."
}

pg_run() { setpriv "${as_owner[@]}" "$bin/$1" "${@:2}"; }

make_cluster() {
    say "making a database in $RUN_DIR/pg"
    rm -rf "$pg/data.new"
    if ! pg_run initdb --pgdata="$pg/data.new" --username=postgres --auth-local=trust --auth-host=reject \
        --encoding=UTF8 --locale=C.UTF-8 >"$RUN_DIR/log/initdb.log" 2>&1; then
        fail "the database cannot be made: $(tail -n 1 "$RUN_DIR/log/initdb.log") (see $RUN_DIR/log/initdb.log)"
    fi
    mv "$pg/data.new" "$pg/data" || exit 1      # now it is whole
}

sql() { pg_run psql -h "$pg/socket" -U postgres -d postgres -qAtX -c "$1"; }

start_database() {
    unset "${!PG@}"                             # PGPORT and the like are meant for another one
    find_pg || fail "the database's folder cannot be made: $pg"
    find_bin
    [ -d "$pg/data" ] || make_cluster
    setpriv "${as_owner[@]}" mkdir -p "$pg/socket"
    # As many connections as there can be workers. The socket's folder counts from the data's.
    setsid setpriv --pdeathsig=INT "${as_owner[@]}" "$bin/postgres" -D "$pg/data" -c listen_addresses= \
        -c unix_socket_directories=../socket -c unix_socket_permissions=0700 -c max_connections=300 \
        9>&- </dev/null >>"$RUN_DIR/log/postgres.log" 2>&1 &
    database=$!
    local end=$((SECONDS + 120))                # a crash's recovery may take long
    until pg_run pg_isready -q -h "$pg/socket"; do
        if ! kill -0 "$database" 2>/dev/null || ((SECONDS > end)); then
            fail "PostgreSQL does not start: $(tail -n 1 "$RUN_DIR/log/postgres.log") (see $RUN_DIR/log/postgres.log)"
        fi
        sleep 0.1
    done
    [ -n "$(sql "SELECT 1 FROM pg_roles WHERE rolname = 'todo'")" ] || sql 'CREATE ROLE todo LOGIN'
    [ -n "$(sql "SELECT 1 FROM pg_database WHERE datname = 'todo'")" ] || sql 'CREATE DATABASE todo OWNER todo'
    export DATABASE_URL="postgresql://todo@/todo?host=$pg/socket"
}

[ -n "${DATABASE_URL:-}${DATABASE_URL_FILE:-}" ] || start_database

# Wrong settings, a wrong DATABASE_URL, a newer schema: told here, not in a log. (Log lines are left out.)
wrong=$("$TODO_FCGI" --check 2>&1 >/dev/null) ||
    fail "$(grep -v -e ^time= -e '^{' <<<"$wrong" | sed -e 's/^todo.fcgi: //' -e 's/^database: /DATABASE_URL: /')"

# --- The web server, which starts todo.fcgi.
log=$RUN_DIR/log/todo.log
[ ! -e "$log" ] || mv "$log" "$log.1"
export PORT BIND TODO_ROOT TODO_FCGI
RUN_DIR=$sockets setsid setpriv --pdeathsig=TERM lighttpd -D -f "$TODO_ROOT/lighttpd.conf" \
    9>&- </dev/null >"$log" 2>&1 &
web=$!

end=$((SECONDS + 60))
until curl -q -sf -o /dev/null --noproxy '*' --max-time 5 "$url/readyz"; do
    if ! kill -0 "$web" 2>/dev/null; then
        ! grep -q 'Address already in use' "$log" || fail "$busy"
        ! grep -q 'bind to socket.*Permission denied' "$log" || fail "port $PORT is for root only: choose one from 1024 with PORT=."
        fail "lighttpd does not start: $(tail -n 1 "$log") (see $log)"
    fi
    ((SECONDS < end)) || fail "$url/readyz is not 200 after 60 seconds: $(tail -n 1 "$log") (see $log)"
    sleep 0.1
done
ready=yes

cat <<EOF
run: todo.fcgi answers at $url/ and its API is described at $url/docs. Ctrl-C stops it.
run: log lines are in $RUN_DIR/log/

  curl --json '{"email":"me@example.com","password":"correct horse"}' $url/auth/signup
  TOKEN=\$(curl -s --json '{"email":"me@example.com","password":"correct horse"}' $url/auth/login | cut -d '"' -f 4)
  curl --json '{"title":"Buy milk"}' -H "Authorization: Bearer \$TOKEN" $url/tasks

EOF

wait -n "$web" ${database:+"$database"} 2>/dev/null
if kill -0 "$web" 2>/dev/null; then
    fail "PostgreSQL has ended by itself: see $RUN_DIR/log/postgres.log"
fi
fail "lighttpd has ended by itself: see $log"
