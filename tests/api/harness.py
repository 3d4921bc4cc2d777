"""Starts what the tests talk to: a throw-away PostgreSQL, the shipped lighttpd.conf, the responder.

    with Cluster() as cluster, Server(cluster) as server:
        anna = server.user()
        anna.post("/tasks", {"title": "Buy milk"})
"""
import contextlib
import itertools
import os
import pathlib
import pwd
import random
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import client
import fcgi

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("TODO_FCGI") or ROOT / "build" / "todo.fcgi").resolve()
TODOCTL = BINARY.parent / "todoctl"
SECRET = "a secret for tests, longer than 32 bytes"
# Tests ask faster than people do, and no test of what a request answers depends on how fast the machine is at that moment.
DEFAULTS = {"JWT_SECRET": SECRET, "BCRYPT_COST": "4", "WORKERS": "4", "RATE_LIMITS": "off", "DB_TIMEOUT": "30000",
            "REQUEST_TIMEOUT": "30"}
PATIENCE = 60  # seconds: never reached on a machine that works, however slow
# What must not stand in any log: a sanitizer's report, or (see Process.may_crash) a worker's crash.
SANITIZER = re.compile(r"Sanitizer|runtime error:")
CRASH = re.compile(r"stack smashing|Assertion .* failed|dumped core|"
                   r"signal[ =:\"]+(?:(?:4|6|7|8|11)\b|SIG(?:ILL|ABRT|BUS|FPE|SEGV)|Aborted|Segm)")
numbers = itertools.count(1)


def wait_until(condition, what, timeout=PATIENCE):
    """Polls until condition() is true and returns its value."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {timeout} s in vain: {what}")
        time.sleep(0.01)


def shuffled_ports():
    """Not those that the kernel gives to outgoing connections: a server must be able to take its port again. And of the
    others a share of our own, since what one of several pytest processes finds free another would, too."""
    lowest = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    share = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    ports = range(lowest // 2 + share, lowest, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))
    return iter(random.sample(ports, len(ports)))


ports = shuffled_ports()


def free_port():
    """Never the same twice."""
    for port in ports:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def alive(pid):
    """False also for a zombie."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def stands_still(pid):
    """Stopped by SIGSTOP, or gone."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True
    return stat.rpartition(")")[2].split()[0] in "TZX"


def signal_all(pids, sign):
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, sign)


@contextlib.contextmanager
def standing_still(pids):
    """Stops processes for the length of a with statement."""
    try:
        signal_all(pids, signal.SIGSTOP)
        wait_until(lambda: all(map(stands_still, pids)), "the processes stand still")
        yield
    finally:
        signal_all(pids, signal.SIGCONT)


def children(pid):
    """The living children of a process."""
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [int(child) for child in task.read_text().split()]
    return [child for child in found if alive(child)]


def open_files(pid):
    """How many; one more for each connection."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def idle_files(workers):
    """How many each of them has without a connection: the same. Of a connection, a client may see the end before it is closed."""
    wait_until(lambda: len(set(map(open_files, workers))) == 1, "no worker has a connection")
    return open_files(workers[0])


def cpu_ticks(pid):
    """User and system time so far, in hundredths of a second."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def pool(pid):
    """Which workers a process is one of: "todo.fcgi", or "todo.fcgi/auth" for those of /auth."""
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return None


def descendants(pid):
    below = children(pid)
    return below + [deeper for child in below for deeper in descendants(child)]


def scratch():
    """A folder of its own that every OS user may enter; removed by its owner."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="todo-test-", dir="/tmp"))
    folder.chmod(0o755)
    return folder


class Cluster:
    """A PostgreSQL of its own: unix socket only, no fsync, and a clock and date style unlike UTC, ISO."""

    def __init__(self, settings=None):
        self.settings = settings or {}
        self.folder = scratch()
        self.sockets = self.folder / "s"
        self.data = self.folder / "data"
        self.log = self.folder / "postgres.log"
        self.process = None
        self.as_user = []  # how its programs are started
        for folder in (self.sockets, self.data):
            folder.mkdir(mode=0o700)
        if os.getuid() == 0:
            owner = pwd.getpwnam("postgres")
            self.as_user = [f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]
            for folder in (self.sockets, self.data):
                os.chown(folder, owner.pw_uid, owner.pw_gid)
        self.create()

    def create(self):
        self._run("initdb", "--username=postgres", "--auth=trust", "--no-sync", "--no-instructions",
                  "--encoding=UTF8", "--locale=C", f"--pgdata={self.data}")
        self.start()
        self.sql("CREATE ROLE todo LOGIN CREATEDB", user="postgres", database="postgres")

    @property
    def port(self):
        """Of the TCP socket, where settings ask for one, and a part of the unix socket's name."""
        return self.settings.get("port", 5432)

    @staticmethod
    def program(name):
        newest = max(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
        return str(newest / name)

    def _command(self, name, *arguments, die_with_us=False):
        prefix = ["--pdeathsig=INT"] if die_with_us else []
        return ["setpriv", *prefix, *self.as_user, self.program(name), *arguments]

    def _run(self, name, *arguments):
        done = subprocess.run(self._command(name, *arguments), cwd="/", text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert done.returncode == 0, f"{name}: {done.stdout}"

    def start(self):
        settings = {"listen_addresses": "", "unix_socket_directories": self.sockets, "fsync": "off",
                    "full_page_writes": "off", "max_connections": 200, "shared_buffers": "64MB",
                    "TimeZone": "Asia/Kathmandu", "DateStyle": "SQL, DMY", **self.settings}
        options = [f"-c{name}={value}" for name, value in settings.items()]
        command = self._command("postgres", "-D", str(self.data), *options, die_with_us=True)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, cwd="/", stdout=log, stderr=log, start_new_session=True)
        wait_until(self.answers, f"PostgreSQL starts; see {self.log}")

    def answers(self):
        assert self.process.poll() is None, f"PostgreSQL died:\n{self.log.read_text()}"
        command = [self.program("pg_isready"), "-q", "-h", str(self.sockets), "-p", str(self.port)]
        return subprocess.run(command).returncode == 0

    def stop(self, how=signal.SIGINT):
        """SIGINT: fast; SIGQUIT: at once, as in a crash; SIGKILL: its backends then end by themselves."""
        if self.process:
            self.freeze(signal.SIGCONT)
            family = descendants(self.process.pid)
            self.process.send_signal(how)
            self.process.wait(PATIENCE)
            self.process = None
            wait_until(lambda: not any(map(alive, family)), "PostgreSQL has ended")

    def crash(self):
        self.stop(signal.SIGQUIT)
        self.start()

    def freeze(self, sign=signal.SIGSTOP):
        """Stops all its processes where they stand; with SIGCONT they go on."""
        signal_all([self.process.pid], sign)  # first: it starts the others
        signal_all(descendants(self.process.pid), sign)

    def close(self):
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def sql(self, text, database, user="todo"):
        """Runs SQL, returns the rows' lines joined by newlines, columns by |."""
        command = [self.program("psql"), "-h", str(self.sockets), "-p", str(self.port), "-U", user, "-d", database, "-XqAt",
                   "-vON_ERROR_STOP=1", "-f-"]
        done = subprocess.run(command, input=text, text=True, capture_output=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.rstrip("\n")

    def admin(self, text):
        """As sql, by the superuser, for whom some connections are kept."""
        return self.sql(text, "postgres", "postgres")

    def set(self, name, value):
        """Changes a setting of the running server."""
        self.admin(f"ALTER SYSTEM SET {name} = {value}; SELECT pg_reload_conf()")

    def new_database(self):
        name = f"todo_{next(numbers)}_{secrets.token_hex(4)}"
        self.sql(f"CREATE DATABASE {name}", database="postgres")
        return name

    def url(self, database):
        return f"postgresql://todo@/{database}?host={self.sockets}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Process:
    """What Server and Responder share: settings, a folder, a log that is read at the end."""
    may_crash = False  # set by a test that crashes workers on purpose

    def __init__(self, cluster, settings=None, database=None):
        self.cluster = cluster
        self.database = database or cluster.new_database()
        self.folder = scratch()
        self.process = None
        self.settings = {"DATABASE_URL": cluster.url(self.database), **DEFAULTS, **(settings or {})}

    def environment(self):
        """Nothing but what is said here, and how sanitizers are to behave."""
        kept = {name: os.environ[name] for name in os.environ if name.endswith("SAN_OPTIONS")}
        base = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", **kept}
        return base | {name: str(value) for name, value in self.settings.items() if value is not None}

    def spawn(self, command, environment):
        with open(self.folder / "stderr.log", "ab") as log:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig=TERM", *map(str, command)], env=environment, cwd=self.folder,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)

    def log(self):
        """All that was written by lighttpd and the responder so far."""
        files = sorted(self.folder.rglob("*.log"))
        return "".join(file.read_text(errors="replace") for file in files)

    def wait_ready(self, path="/readyz"):
        def ready():
            if self.process.poll() is not None:
                raise AssertionError(f"died with {self.process.returncode}:\n{self.log()}")
            with contextlib.suppress(OSError, fcgi.Broken):
                return self.get(path).status == 200
            return False
        try:
            wait_until(ready, f"{path} is 200")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log()}") from None
        return self

    def every_worker_is_ready(self):
        """Asks each worker alone, while the others stand still: which of them takes a request is else chance."""
        self.wait_workers()  # one of /auth that has just begun would pass for another, and never answer
        workers, auth = self.workers(), self.auth_workers()
        for asked in workers + auth:
            with standing_still({*workers, *auth} - {asked}):
                if asked in auth and self.login("nobody@example.com").status != 401:
                    return False
                if asked in workers and self.get("/readyz").status != 200:
                    return False
        return True

    def wait_every_worker(self):
        """After an outage: until no worker answers any more that the database is away."""
        wait_until(self.every_worker_is_ready, "every worker has its database")
        return self

    def sql(self, text):
        return self.cluster.sql(text, self.database)

    def workers(self, name="todo.fcgi"):
        """Those of the common pool, or of /auth's own."""
        return [pid for pid in children(self.parent()) if pool(pid) == name]

    def auth_workers(self):
        return self.workers("todo.fcgi/auth")

    def wait_workers(self):
        """The first may answer before the last are there. Those of /auth are told from the others only once they have said
        who they are."""
        common = int(self.settings["WORKERS"])
        auth = int(self.settings.get("AUTH_WORKERS") or 4) if self.has_auth_pool and common > 0 else 0
        wait_until(lambda: (len(self.workers()), len(self.auth_workers())) == (common, auth), "all workers are there")

    def stop(self, sign=signal.SIGTERM):
        """Ends what was started, and fails if anything stays behind or the log tells of a crash."""
        family = []
        if self.process.poll() is None:
            family = descendants(self.process.pid)
            self.process.send_signal(sign)
            self.process.wait(PATIENCE)
        try:
            wait_until(lambda: not any(map(alive, family)), "all processes have ended")
        finally:
            for pid in filter(alive, family):
                os.kill(pid, signal.SIGKILL)
        self.check_log()

    def check_log(self):
        bad = SANITIZER if self.may_crash else re.compile(f"{SANITIZER.pattern}|{CRASH.pattern}")
        lines = self.log().splitlines()
        found = [number for number, line in enumerate(lines) if bad.search(line)]
        told = "\n".join(lines[found[0]:found[0] + 60]) if found else ""
        assert not found, f"the log tells of a crash:\n{told}"

    def close(self):
        try:
            self.stop()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Server(Process, client.Calls):
    """lighttpd with the shipped configuration on a free port, and the responder behind it."""
    mount = ""
    has_auth_pool = True

    def __init__(self, cluster, settings=None, database=None, ready="/readyz"):
        super().__init__(cluster, settings, database)
        for attempt in range(5):
            self.port = free_port()
            self.start()
            try:
                self.wait_ready(ready)
                self.wait_workers()
                return
            except AssertionError:
                busy = self.process.poll() is not None and "in use" in self.log()
                if not busy or attempt == 4:
                    with contextlib.suppress(AssertionError):
                        self.close()
                    raise

    def start(self):
        self.spawn(["lighttpd", "-D", "-f", ROOT / "lighttpd.conf"], self.environment())

    def restart(self, sign):
        """Ends lighttpd by a signal and starts it again at once, whatever is still ending behind it."""
        self.process.send_signal(sign)
        self.process.wait(PATIENCE)
        self.start()

    def environment(self):
        own = {"PORT": str(self.port), "BIND": "127.0.0.1", "RUN_DIR": str(self.folder),
               "TODO_FCGI": str(BINARY), "TODO_ROOT": str(ROOT)}
        return super().environment() | own

    @property
    def base(self):
        return f"http://127.0.0.1:{self.port}"

    def call(self, method, path, headers, body):
        return client.over_http(self.port, method, path, headers, body)

    def raw(self, data, timeout=PATIENCE):
        """Sends bytes as they are, returns all that comes back until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout) as link:
            link.sendall(data)
            return fcgi.read_all(link)

    def parent(self):
        """The pid of the responder's first process."""
        return wait_until(lambda: children(self.process.pid), "lighttpd has started todo.fcgi")[0]


class Responder(Process, client.Calls):
    """todo.fcgi alone on a unix socket; the tests are its web server."""

    def __init__(self, cluster, settings=None, database=None, wait=True):
        super().__init__(cluster, settings, database)
        self.socket = self.folder / "todo.sock"
        self.spawn([BINARY, "-s", self.socket], self.environment())
        if wait:
            self.wait_ready()
            self.wait_workers()

    base = "http://todo.test"
    mount = ""

    @property
    def has_auth_pool(self):
        return bool(self.settings.get("AUTH_SOCKET"))

    def call(self, method, path, headers, body):
        return fcgi.request(self.socket, fcgi.params(method, path, headers, body, self.mount), body)

    def connect(self, timeout=PATIENCE):
        return fcgi.connect(self.socket, timeout)

    def parent(self):
        return self.process.pid


def run(arguments, cluster=None, settings=None, database=None):
    """Runs todo.fcgi to its end: exit status and what it printed, both streams."""
    environment = {"PATH": "/usr/bin:/bin", **(settings or {})}
    if cluster:
        environment = {"DATABASE_URL": cluster.url(database or "postgres"), **DEFAULTS, **environment}
    environment = {name: str(value) for name, value in environment.items() if value is not None}
    environment |= {name: os.environ[name] for name in os.environ if name.endswith("SAN_OPTIONS")}
    return subprocess.run([str(BINARY), *arguments], env=environment, text=True, timeout=PATIENCE,
                          stdin=subprocess.DEVNULL, capture_output=True)
