"""The peers: the same service as others would write it, each answering directly, behind the same database."""
import contextlib
import os
import pathlib
import shutil
import subprocess

import rig

PEERS = rig.BENCH / "peers"
OUT = rig.BUILD / "bench"


class Missing(Exception):
    """What a peer needs is not to be had here; its text says what."""


def attempt(*command, cwd=PEERS, **environment):
    """Runs a program that prepares a peer; Missing where it is not there or fails."""
    if shutil.which(command[0]) is None:
        raise Missing(f"{command[0]} is not installed")
    done = subprocess.run(command, cwd=cwd, env=os.environ | environment, capture_output=True, text=True, timeout=600)
    if done.returncode != 0:
        raise Missing(((done.stderr + done.stdout).strip().splitlines() or [f"{command[0]} failed"])[-1])


def database_environment(database):
    """What every PostgreSQL client library reads."""
    return {"PGHOST": str(database.sockets), "PGUSER": "todo", "PGDATABASE": database.name, "PGSSLMODE": "disable"}


class Peer(rig.harness.Process):
    """A server that listens by itself on a port of its own, with a process for each CPU."""

    def __init__(self, database):
        processes = len(os.sched_getaffinity(0))
        command = self.prepare(processes)
        self.port = rig.harness.free_port()
        super().__init__(database, {"JWT_SECRET": rig.SECRET, "PORT": self.port, "PROCESSES": processes,
                                    "PYTHONDONTWRITEBYTECODE": 1, **database_environment(database)}, database.name)
        self.spawn([word.format(port=self.port) if isinstance(word, str) else word for word in command],
                   self.environment())
        try:
            self.wait_ready()
        except AssertionError:
            log = self.log().strip().splitlines()
            with contextlib.suppress(AssertionError):
                self.close()
            raise Missing(f"it does not start: {log[-1] if log else 'no word why'}") from None

    @property
    def base(self):
        return f"http://127.0.0.1:{self.port}"

    def exchange(self, request):
        return rig.exchange(self.port, request)

    def get(self, path):
        return self.exchange(f"GET {path} HTTP/1.1\r\nHost: todo.example\r\n\r\n".encode())

    def processes(self):
        return {"app": [self.process.pid, *rig.harness.descendants(self.process.pid)]}

    def check_log(self):
        """How they end is not ours to judge."""


class Python(Peer):
    module, needs = "", ""

    def prepare(self, processes):
        attempt("/usr/bin/python3", "-c", f"import fastapi, jose, passlib, bcrypt, uvicorn, uvloop, httptools, {self.needs}")
        return ["/usr/bin/python3", "-m", "uvicorn", "--app-dir", PEERS, f"{self.module}:app", "--host", "127.0.0.1",
                "--port", "{port}", "--workers", str(processes), "--loop", "uvloop", "--http", "httptools",
                "--no-access-log", "--log-level", "warning"]


class SqlModel(Python):
    label, module, needs = "FastAPI, SQLModel", "sqlmodel_api", "sqlmodel, psycopg2"


class Asyncpg(Python):
    label, module, needs = "FastAPI, asyncpg", "asyncpg_api", "asyncpg"


class Node(Peer):
    label = "Node, fastify"

    def prepare(self, processes):
        folder = OUT / "node"
        folder.mkdir(parents=True, exist_ok=True)
        lock = (PEERS / "node" / "package-lock.json").read_bytes()
        stamp = folder / "installed"
        for name in ("package.json", "package-lock.json", "server.mjs"):
            shutil.copy(PEERS / "node" / name, folder)
        if not stamp.exists() or stamp.read_bytes() != lock:
            attempt("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--fetch-retries=1",
                    cwd=folder)
            stamp.write_bytes(lock)
        return [pathlib.Path(shutil.which("node") or "node"), folder / "server.mjs"]

    def environment(self):
        return super().environment() | {"NODE_ENV": "production"}


def build_go():
    attempt("go", "build", "-o", str(OUT / "go-server"), "main.go", cwd=PEERS / "go", GO111MODULE="off",
            GOPATH="/usr/share/gocode", GOCACHE=str(OUT / "gocache"), GOFLAGS="")


class Go(Peer):
    label = "Go, net/http"

    def prepare(self, processes):
        build_go()
        return [OUT / "go-server"]


class GoBehind(rig.Foreign):
    """The same program over FastCGI, behind the lighttpd that we stand behind."""
    label = "Go behind lighttpd"
    program = OUT / "go-server"

    def __init__(self, database):
        build_go()
        super().__init__(database, {"FCGI": "1", **database_environment(database)})


ALL = (SqlModel, Asyncpg, Node, Go, GoBehind)


def start_all(database, stack):
    """Those that can be had, running; and, for the others, a sentence each."""
    running, left_out = [], []
    for kind in ALL:
        try:
            running.append(stack.enter_context(kind(database)))
        except Missing as why:
            left_out.append(f"{kind.label}: {why}")
    return running, left_out
