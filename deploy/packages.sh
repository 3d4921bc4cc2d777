#!/bin/bash
# Installs the Debian packages that are missing, and says which and why: deploy/packages.sh build|run|test|web|lint|deb|fresh|bench|bench-fastapi|bench-go|bench-perf ...
# With everything there it does nothing, at once. What cannot be had is told, and stops only who cannot do without: build, run.
set -u

# group, package (or|another), why. Releases differ in names: the first that the archive has is taken.
table='
build gcc                   compiles todo.fcgi
build make                  runs the Makefile
build pkgconf|pkg-config    finds the libraries
build libc6-dev             the C library
build libfcgi-dev           FastCGI
build libcjson-dev          JSON
build libpq-dev             the PostgreSQL client
build libjwt-dev            access tokens
build libcrypt-dev          password hashes
build libssl-dev            random bytes and SHA-256
run   lighttpd              the web server
run   lighttpd-mod-deflate  its compression
run   postgresql            the database
run   curl                  asks whether the service is ready
test  libcmocka-dev         unit tests
test  lighttpd-mod-openssl  the service over https
test  python3               API tests
test  python3-pytest        API tests
test  python3-pytest-xdist  API tests in parallel
test  python3-jsonschema    answers against the description of the API
test  python3-jose|python3-jwt  tokens as another program makes them
test  python3-passlib       password hashes as another program makes them
test  python3-bcrypt        password hashes as another program makes them
test  procps                what runs
test  pgbouncer             the service behind a connection pooler
test  libfaketime           the service on a clock that is set back
test  spawn-fcgi            the service as another starter runs it
test  apache2-bin           the service behind Apache
test  libapache2-mod-fcgid  the service behind Apache
test  nginx-light           the service behind nginx
test  gettext-base          fills the configuration of nginx
test  media-types           names file types for them
test  systemd               checks the units
test  libseccomp2           puts the system call filter under test
test  clang                 the second compiler
test  libclang-rt-dev|libclang-rt-14-dev  its sanitizers
test  prometheus            what Prometheus thinks of /metrics
test  mandoc                the manual pages
test  bash-completion       the completion of todoctl
deb   build-essential       what dpkg-buildpackage insists on
deb   debhelper             the Debian package
deb   lintian               what Debian thinks of it
deb   fakeroot              the package without being root
web   chromium              browser tests
web   chromium-driver       browser tests
web   python3-pytest        browser tests
web   python3-selenium      browser tests
web   npm                   axe-core, which looks for barriers
lint  clang-format          layout
lint  clang-tidy            analysis
lint  cppcheck              analysis
lint  shellcheck            the shell scripts
fresh debootstrap           a fresh Debian to try the two commands on
bench wrk                   puts load on the servers
bench-fastapi python3-fastapi     two of the peers of bench/
bench-fastapi python3-sqlmodel    PostgreSQL for the one
bench-fastapi python3-psycopg2    PostgreSQL for the one
bench-fastapi python3-asyncpg     PostgreSQL for the other
bench-fastapi python3-jose        their tokens
bench-fastapi python3-passlib     their passwords
bench-fastapi python3-bcrypt      their passwords
bench-fastapi uvicorn             runs them
bench-fastapi python3-uvloop      its fast loop
bench-fastapi python3-httptools   its fast parser
bench-go golang-go                a peer of bench/
bench-go golang-github-lib-pq-dev its PostgreSQL
bench-go golang-github-golang-jwt-jwt-dev its tokens
bench-go golang-golang-x-crypto-dev its passwords
bench-perf linux-perf       where the CPU goes
'

# Services that these packages bring, which must not start on anybody's machine.
services='lighttpd postgresql pgbouncer nginx apache2 prometheus'

is_there() {
    case $1 in
        npm) command -v npm >/dev/null ;; # many have it from elsewhere
        postgresql) compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null ;; # any version of the server will do
        *\|*) is_there "${1%%|*}" || is_there "${1#*|}" ;;
        *) [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ] ;;
    esac
}

# Sets missing: the packages of these groups that are not there; reasons: them and why they are wanted.
look() {
    local group package why
    missing=() reasons=''
    while read -r group package why; do
        case " $* " in *" $group "*) ;; *) continue ;; esac
        is_there "$package" && continue
        missing+=("$package")
        reasons+=$(printf '  %-22s %s' "${package//|/ or }" "$why")$'\n'
    done < <(grep . <<<"$table")
    [ ${#missing[@]} != 0 ]
}

# Says what is still missing, and ends.
finish() {
    look "$@" || exit 0
    echo "packages: these are not available, and whatever needs them will fail:" >&2
    printf '%s' "$reasons" >&2
    case " $* " in *' build '*) ! look build || exit 1 ;; esac
    case " $* " in *' run '*) ! look run || exit 1 ;; esac
    exit 0
}

look "$@" || exit 0
if ! command -v apt-get >/dev/null; then
    echo "packages: there is no apt-get to install these with, so please install them yourself: ${missing[*]}" >&2
    finish "$@"
fi
as_root=()
if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "packages: there is no sudo to install these with, so please do it as root: apt-get install ${missing[*]}" >&2
        finish "$@"
    fi
    as_root=(sudo)
fi
echo "packages: these are missing, and are now being installed${as_root:+ with sudo} by apt-get:"
printf '%s' "$reasons"

# What follows runs as root. Debian starts the service of a package that it installs, and makes a PostgreSQL cluster.
# There is no option against either. So, for the time of the installation only:
# - createcluster.d (the place for such settings) says that no cluster is made;
# - policy-rc.d (which every Debian asks before it starts a service) says no to ours. One that is there already is
#   left as it is. Should this be killed half-way, the file stands but says yes to all: its process is gone.
# Afterwards those services that are new are disabled, or they would start with the machine.
"${as_root[@]}" bash -s -- "$services" "${missing[@]}" <<'EOF'
set -u
services=$1
shift
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
cluster=/etc/postgresql-common/createcluster.d/todo.conf
made_policy=''
clean() {
    [ -z "$made_policy" ] || rm -f "$policy"
    rm -f "$cluster"
}
trap clean EXIT
trap 'exit 1' INT TERM HUP

if [ ! -e "$policy" ]; then
    made_policy=yes
    cat >"$policy" <<END
#!/bin/sh
# Holds only while process $$ (which installs packages) lives; may be removed after that.
case " $services " in *" \${1%.service} "*) kill -0 $$ 2>/dev/null && exit 101 ;; esac
exit 0
END
    chmod 755 "$policy"
fi
mkdir -p "${cluster%/*}"
echo "create_main_cluster = false" >"$cluster"

apt=(apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0)
"${apt[@]}" update </dev/null || echo "packages: not all package lists could be updated; trying with what is there" >&2
# Of alternatives the first that the archive has: a name that it has not would stop apt-get.
known=$(LC_ALL=C apt-cache policy $(printf '%s ' "${@//|/ }") | sed -n -e '/^[^ ]/h' -e '/Candidate: [^(]/{g;p}')
wanted=()
for choice; do
    for package in ${choice//|/ }; do
        ! grep -qxF "$package:" <<<"$known" || { wanted+=("$package") && break; }
    done
done
install() { "${apt[@]}" install --yes --no-install-recommends "$@" </dev/null; }
if [ ${#wanted[@]} != 0 ] && ! install "${wanted[@]}"; then
    # One that cannot be installed beside the others must not cost these.
    good=()
    for package in "${wanted[@]}"; do
        ! install --simulate "${good[@]}" "$package" >/dev/null 2>&1 || good+=("$package")
    done
    [ ${#good[@]} = 0 ] || [ ${#good[@]} = ${#wanted[@]} ] || install "${good[@]}"
fi
for package in "${wanted[@]}"; do
    # Not postgresql: without a cluster its service does nothing, and it serves every later one.
    case " $services " in *" $package "*) [ "$package" = postgresql ] || update-rc.d "$package" disable ;; esac
done
EOF
finish "$@"
