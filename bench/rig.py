"""What is measured: a PostgreSQL full of tasks, and the servers in front of it."""
import base64
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import pwd
import socket
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "api"))
import harness  # noqa: E402

BENCH = ROOT / "bench"
BUILD = pathlib.Path(os.environ.get("BUILD") or ROOT / "build").resolve()
SECRET = "the secret of the benchmark, longer than 32 bytes"
PASSWORD = "correct horse battery"
HASH = "$2b$12$xhFudrDRxyZkpfnDErwk/O46cKQ0fynKAt99x3C4k.TIxBu3qmC86"
BIG_USER, BIG_TASKS = 1, 100_000
READERS = range(2, 9_002)  # 20 tasks each, and never written to
WRITERS = range(9_002, 10_002)
WORKERS = 6
# As a small server would run it, but no commit waits for the disk: the disk is not what is compared.
POSTGRES = {"shared_buffers": "512MB", "effective_cache_size": "4GB", "max_wal_size": "4GB",
            "fsync": "on", "full_page_writes": "on", "synchronous_commit": "off", "autovacuum": "off",
            "max_connections": 200, "random_page_cost": "1.1", "TimeZone": "UTC", "DateStyle": "ISO"}
SETTINGS = {"JWT_SECRET": SECRET, "WORKERS": WORKERS, "LOG_LEVEL": "warning", "MAX_REQUESTS": 0, "BCRYPT_COST": 12,
            "RATE_REQUESTS": 100000}


def say(text):
    """For whoever waits at the terminal; the table goes to standard output."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


def user_id(user):
    return f"00000000-0000-7000-8000-{user:012x}"


def session_id(user):
    return f"00000000-0000-7001-8000-{user:012x}"


def task_id(user, task):
    return f"{task:08x}-0000-7002-8000-{user:012x}"


def _base64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def token(user):
    """An access token as the service itself makes them."""
    claims = {"sub": user_id(user), "email": f"user{user}@example.com", "sid": session_id(user),
              "iat": 1_700_000_000, "exp": 4_000_000_000}
    text = _base64(b'{"alg":"HS256","typ":"JWT"}') + b"." + _base64(json.dumps(claims, separators=(",", ":")).encode())
    return (text + b"." + _base64(hmac.digest(SECRET.encode(), text, "sha256"))).decode()


class Database(harness.Cluster):
    """A PostgreSQL with `tasks` tasks in it, kept below build/bench for the next run."""
    name = "bench"

    def __init__(self, tasks):
        data_version = hashlib.sha256((ROOT / "schema.sql").read_bytes() + (BENCH / "data.sql").read_bytes()).hexdigest()
        self.settings = POSTGRES
        self.tasks = tasks
        self.folder = BUILD / "bench" / f"postgres-{tasks}-{data_version[:12]}"
        self.sockets = harness.scratch()
        self.data = self.folder / "data"
        self.log = BUILD / "bench" / "postgres.log"
        self.process = None
        self.as_user = []
        self.folder.mkdir(parents=True, exist_ok=True)
        self.data.mkdir(mode=0o700, exist_ok=True)
        if os.getuid() == 0:
            owner = pwd.getpwnam("postgres")
            self.as_user = [f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]
            for folder in (self.sockets, self.data):
                os.chown(folder, owner.pw_uid, owner.pw_gid)
        if not (self.folder / "filled").exists():
            self._fill()
        self.start()
        self._tidy()

    def _fill(self):
        older = [folder for folder in self.folder.parent.glob(f"postgres-{self.tasks}-*") if folder != self.folder]
        subprocess.run(["rm", "-rf", *map(str, older), *map(str, self.data.glob("*"))], check=True)
        self._run("initdb", "--username=postgres", "--auth=trust", "--no-sync", "--no-instructions",
                  "--encoding=UTF8", "--locale=C", f"--pgdata={self.data}")
        self.settings = POSTGRES | {"fsync": "off", "full_page_writes": "off", "max_wal_size": "64GB",
                                    "maintenance_work_mem": "1GB"}
        self.start()
        self.sql("CREATE ROLE todo LOGIN CREATEDB", user="postgres", database="postgres")
        self.sql(f"CREATE DATABASE {self.name}", database="postgres")
        with Todo(self):
            pass  # applies the schema
        indexes = self.root_sql("SELECT indexdef FROM pg_indexes WHERE tablename = 'tasks' AND indexname <> 'tasks_pkey'"
                                " ORDER BY indexdef !~ 'gin'").splitlines()
        self.root_sql("SELECT format('DROP INDEX %I', indexname) FROM pg_indexes"
                      " WHERE tablename = 'tasks' AND indexname <> 'tasks_pkey' \\gexec")
        self.root_sql("CREATE FUNCTION bench_id(kind text, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$"
                      " SELECT ('00000000-0000-' || kind || '-8000-' || lpad(to_hex(n), 12, '0'))::uuid $$")
        users = 1 + (self.tasks - BIG_TASKS) // 20
        began = time.monotonic()
        say(f"filling a database with {self.tasks:,} tasks of {users:,} users; it is kept for the next run")
        parts = os.cpu_count()
        self._side_by_side([f"\\set users {users}\n\\set big {BIG_TASKS}\n\\set hash '{HASH}'\n\\set parts {parts}\n"
                            f"\\set part {part}\n{(BENCH / 'data.sql').read_text()}" for part in range(parts)])
        say(f"rows are in after {time.monotonic() - began:.0f} s; {len(indexes)} indexes to go")
        half = len(indexes) // 2
        self._side_by_side([f"{indexes[0]};", ";".join(indexes[1:half]) + ";", ";".join(indexes[half:]) + ";"])
        self.root_sql("VACUUM (ANALYZE, FREEZE)")
        self.root_sql("DROP FUNCTION bench_id")
        self.stop()
        self.settings = POSTGRES
        (self.folder / "filled").touch()
        say(f"the database is ready after {time.monotonic() - began:.0f} s")

    def _side_by_side(self, scripts):
        command = [self.program("psql"), "-h", str(self.sockets), "-U", "postgres", "-d", self.name, "-XqAt",
                   "-vON_ERROR_STOP=1", "-f-"]
        running = []
        for script in scripts:
            process = subprocess.Popen(command, stdin=subprocess.PIPE, text=True)
            process.stdin.write(script)
            process.stdin.close()
            running.append(process)
        assert all([process.wait() == 0 for process in running]), "the database could not be filled"

    def _tidy(self):
        """Takes out what an earlier run has put in, and sees to it that the caches are warm."""
        made = "created_at > '2025-01-01'"
        left = self.root_sql(f"SELECT EXISTS (SELECT FROM tasks WHERE user_id > '{user_id(WRITERS[0] - 1)}' AND user_id <="
                             f" '{user_id(WRITERS[-1])}' AND {made}) OR EXISTS (SELECT FROM sessions WHERE {made})")
        if left == "t":
            say("taking out what the last run has put in")
            self.root_sql(f"DELETE FROM tasks WHERE {made}; DELETE FROM sessions WHERE {made}")
            self.root_sql("VACUUM ANALYZE tasks, sessions, refresh_tokens")
        self.root_sql("CHECKPOINT")

    def restart(self):
        self.stop()
        self.start()

    def root_sql(self, text):
        return self.sql(text, self.name, user="postgres")

    def url(self, database=None):
        return super().url(database or self.name)

    def processes(self):
        return [self.process.pid, *harness.descendants(self.process.pid)]

    def close(self):
        self.stop()
        subprocess.run(["rm", "-rf", str(self.sockets)], check=True)


def exchange(port, request):
    """One answer to the bytes of a request, read to its end as `content`."""
    with socket.create_connection(("127.0.0.1", port), harness.PATIENCE) as link:
        link.sendall(request)
        answer = http.client.HTTPResponse(link, method=request.split(b" ", 1)[0].decode())
        answer.begin()
        answer.content = answer.read()
        return answer


class Behind(harness.Server):
    """A FastCGI program behind the shipped lighttpd.conf."""

    def __init__(self, database, settings):
        as_shipped = dict.fromkeys(harness.DEFAULTS)  # but for what SETTINGS has
        super().__init__(database, as_shipped | SETTINGS | settings, database.name)

    def environment(self):
        return super().environment() | {"TODO_FCGI": str(self.program)}

    def get(self, path):
        return self.exchange(f"GET {path} HTTP/1.1\r\nHost: todo.example\r\n\r\n".encode())

    def exchange(self, request):
        return exchange(self.port, request)

    def processes(self):
        """By role: who uses the CPU."""
        return {"web": [self.process.pid], "app": harness.descendants(self.process.pid)}


class Todo(Behind):
    """What all this is about."""
    label = "todo.fcgi"
    program = BUILD / "todo.fcgi"

    def __init__(self, database, settings=()):
        super().__init__(database, dict(settings))


class Foreign(Behind):
    """Something else in the place of todo.fcgi."""

    def wait_workers(self):
        """They are nobody's business: it answers."""


class Bare(Foreign):
    """The same statements and bytes with nothing around them."""
    label = "bare responder"
    program = BUILD / "bench" / "bare"

    def __init__(self, database, statements):
        super().__init__(database, {"BARE_LIST": statements["list"].sql, "BARE_GET": statements["get"].sql})


class Constant(Foreign):
    """An answer that is always the same: what FastCGI and lighttpd cost."""
    label = "constant answer"
    program = BUILD / "bench" / "bare"

    def __init__(self, database, answer):
        super().__init__(database, {"BARE_BODY": answer})

