"""Fixtures: one PostgreSQL for each pytest process, a database of its own for each test, and todoctl upon it."""
import os
import pathlib
import pty
import re
import select
import signal
import subprocess
import sys

import pytest

API = pathlib.Path(__file__).resolve().parents[1] / "api"
sys.path.insert(0, str(API))
pytest.register_assert_rewrite("client")

import harness  # noqa: E402
from harness import TODOCTL  # noqa: E402



@pytest.fixture(scope="session")
def cluster():
    with harness.Cluster() as one:
        yield one


class Ctl:
    """todoctl upon one database: ctl("user", "list")."""

    def __init__(self, cluster, database):
        self.cluster = cluster
        self.database = database
        self.url = cluster.url(database)

    def environment(self, settings):
        base = {"PATH": "/usr/bin:/bin", "DATABASE_URL": self.url, "BCRYPT_COST": "4", **settings}
        kept = {name: os.environ[name] for name in os.environ if name.endswith("SAN_OPTIONS")}
        return kept | {name: str(value) for name, value in base.items() if value is not None}

    def __call__(self, *arguments, stdin="", status=0, conf="/nonexistent", **settings):
        """Runs it; `status` is what it must end with. Returns what it printed: .stdout, .stderr."""
        command = [str(TODOCTL), "--conf", str(conf), *map(str, arguments)]
        given = {"stdin": stdin} if hasattr(stdin, "fileno") else {"input": stdin}
        done = subprocess.run(command, env=self.environment(settings), text=True, capture_output=True,
                              timeout=600, **given)
        assert done.returncode == status, (done.returncode, done.stdout[-2000:], done.stderr[-2000:])
        if status:
            assert re.fullmatch(r"[^\n]+\n", done.stderr) or arguments[:1] == ("check",), done.stderr
        return done

    def on_terminal(self, *arguments, typed="", given=None, output=None):
        """The same with a terminal for its streams but those that are given: exit status, and what the terminal showed."""
        pid, terminal = pty.fork()
        if pid == 0:
            for number, file in enumerate((given, output)):
                if file is not None:
                    os.dup2(file.fileno(), number)
            os.execve(TODOCTL, [str(TODOCTL), "--conf", "/nonexistent", *arguments], self.environment({}))
        shown = b""
        while True:
            if not select.select([terminal], [], [], harness.PATIENCE)[0]:
                os.kill(pid, signal.SIGKILL)  # it waits for what nobody is going to type
            try:
                piece = os.read(terminal, 4096)
            except OSError:  # EIO: it has ended
                break
            if not piece:
                break
            shown += piece
            if typed and shown.rstrip(b" ").endswith(b":"):
                os.write(terminal, typed.encode())
                typed = ""
        os.close(terminal)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()

    def sql(self, text):
        return self.cluster.sql(text, self.database)

    def add(self, email="anna@example.org"):
        """Makes an account; returns its id and password."""
        printed = self("user", "add", email).stdout
        return tuple(re.fullmatch(rf"id: (\S+)\nemail: {re.escape(email)}\npassword: (\S+)\n", printed).groups())

    def table(self, *arguments):
        """The rows of a list: one dict each."""
        head, *rows = self(*arguments).stdout.splitlines()
        names = head.split()
        return [dict(zip(names, row.split(None, len(names) - 1))) for row in rows]


@pytest.fixture
def empty(cluster):
    """todoctl upon a database without a schema."""
    return Ctl(cluster, cluster.new_database())


@pytest.fixture
def new_ctl(cluster):
    """new_ctl(): todoctl upon another database, its schema in place."""
    def make():
        one = Ctl(cluster, cluster.new_database())
        one("migrate")
        return one
    return make


@pytest.fixture
def ctl(new_ctl):
    return new_ctl()


@pytest.fixture(scope="module")
def service(cluster):
    """todoctl upon the database of a running service: service.ctl, service.web."""
    with harness.Server(cluster) as server:
        one = Ctl(cluster, server.database)
        one.web = server
        yield one
