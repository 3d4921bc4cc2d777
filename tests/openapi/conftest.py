"""Fixtures: the document, the pinned tools from npm, and a server as the API tests start it."""
import fcntl
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "api")]

import harness  # noqa: E402
import validate  # noqa: E402

QUIET = {"CI": "1", "NO_COLOR": "1", "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}


@pytest.fixture(scope="session")
def document():
    return validate.load()


@pytest.fixture(scope="session")
def server():
    with harness.Cluster() as cluster, harness.Server(cluster) as one:
        yield one


@pytest.fixture(scope="session")
def program():
    """Runs todo.fcgi with one option and returns what it prints."""
    def run(option):
        done = harness.run([option])
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def install():
    """`npm ci` into node_modules, once for a lock file, also where tests run in parallel."""
    lock, modules = HERE / "package-lock.json", HERE / "node_modules"
    stamp = modules / ".installed"
    with open(HERE / "package.json") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if stamp.exists() and stamp.read_bytes() == lock.read_bytes():
            return modules
        assert shutil.which("npm"), "these tests need npm: apt-get install npm"
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        stamp.write_bytes(lock.read_bytes())
    return modules


@pytest.fixture(scope="session")
def tool():
    """Runs an installed tool: returns exit status and what it printed."""
    modules = install()

    def run(name, *arguments, cwd=HERE):
        done = subprocess.run(
            [str(modules / ".bin" / name), *map(str, arguments)],
            cwd=cwd, env={**os.environ, **QUIET}, capture_output=True, text=True, timeout=300,
        )
        return done.returncode, done.stdout + done.stderr

    run.modules = modules
    return run
