"""`make run`: the whole service for a stranger, and the smoke test by curl against it."""
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

import pytest

from harness import BINARY, ROOT, alive, free_port, wait_until

READY = "answers at"


class Run:
    """deploy/run.sh in the foreground of a session of its own, as in a terminal."""

    def __init__(self, folder, **settings):
        self.port = free_port()
        self.log = pathlib.Path(folder, f"out.{self.port}")
        environment = {**os.environ, "TODO_FCGI": str(BINARY), "RUN_DIR": os.path.join(folder, "run"),
                       "PORT": str(self.port), "BCRYPT_COST": "4", "WORKERS": "2", **settings}
        # Who started us may ignore SIGINT, as for a background job, and a shell cannot trap what was ignored when it began.
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(["env", "--default-signal", ROOT / "deploy" / "run.sh"], env=environment,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)

    def told(self):
        return self.log.read_text()

    def wait_ready(self):
        wait_until(lambda: READY in self.told() or self.process.poll() is not None, "make run is ready", 120)
        assert self.process.poll() is None, self.told()
        return f"http://127.0.0.1:{self.port}"

    def stop(self, number=signal.SIGINT):
        if self.process.poll() is None:
            os.killpg(self.process.pid, number)
        return self.process.wait(120)


@pytest.fixture
def start_run():
    folder = tempfile.mkdtemp(prefix="todo-run-", dir="/tmp")
    os.chmod(folder, 0o755)  # PostgreSQL runs as another user where we are root
    runs = []

    def start(**settings):
        runs.append(Run(folder, **settings))
        return runs[-1]
    yield start
    for run in runs:
        run.stop()
    shutil.rmtree(folder, ignore_errors=True)


def smoke(url):
    return subprocess.run(["sh", ROOT / "tests" / "smoke.sh", url], capture_output=True, text=True, timeout=300)


def children(pid):
    listed = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    pairs = [tuple(map(int, line.split())) for line in listed.splitlines()]
    found = [pid]
    for one in found:
        found += [child for child, parent in pairs if parent == one]
    return found[1:]


def test_a_stranger_gets_a_service_that_passes_the_smoke_test_and_stops_whole(start_run):
    run = start_run()
    done = smoke(run.wait_ready())
    assert done.returncode == 0, done.stdout + done.stderr
    started = children(run.process.pid)
    assert len(started) > 3
    assert run.stop() == 0, run.told()
    wait_until(lambda: not any(map(alive, started)), "everything that was started has ended")


def test_the_data_is_there_again_after_a_restart_even_by_kill(start_run):
    first = start_run()
    url = first.wait_ready()
    body = '{"email":"ann@example.org","password":"correct horse"}'
    curl = ["curl", "-sf", "-H", "Content-Type: application/json", "-d", body]
    subprocess.run([*curl, f"{url}/auth/signup"], check=True, capture_output=True)
    first.stop(signal.SIGKILL)
    second = start_run()
    subprocess.run([*curl, f"{second.wait_ready()}/auth/login"], check=True, capture_output=True)


def test_the_same_run_dir_twice_is_told_in_a_sentence(start_run):
    start_run().wait_ready()
    second = start_run()
    assert second.process.wait(120) != 0
    assert "another run is using" in second.told() and len(second.told().splitlines()) == 1


def test_a_busy_port_is_told_in_a_sentence(start_run, server):
    run = start_run(PORT=str(server.port))
    assert run.process.wait(120) != 0
    assert f"port {server.port} is busy" in run.told() and len(run.told().splitlines()) == 1


@pytest.mark.parametrize("settings, told", [
    ({"DATABASE_URL": "postgresql:///nothing?host=/nowhere"}, "DATABASE_URL"),
    ({"DATABASE_URL": "postgresql://127.0.0.1:1/x"}, "DATABASE_URL"),
    ({"DATABASE_URL": "nonsense"}, "DATABASE_URL"),
    ({"PORT": "many"}, "PORT"),
    ({"DATABASE_URL": "postgresql:///x", "JWT_SECRET": "short"}, "JWT_SECRET"),
])
def test_a_wrong_setting_is_told_in_a_sentence(start_run, settings, told):
    run = start_run(**settings)
    assert run.process.wait(120) != 0
    assert told in run.told() and len(run.told().splitlines()) == 1, run.told()
