"""The units of deploy/: what systemd says to them, and the responder under what they say."""
import os
import re
import shutil
import signal
import socket
import subprocess

import pytest

import behind
import fcgi
import harness
import sandbox

UNITS = ["todo.service", "todo.socket"]
SERVICE = behind.DEPLOY / "todo.service"


@pytest.fixture
def units(tmp_path):
    """The units with a program that is there: systemd looks for it."""
    for name in UNITS:
        text = (behind.DEPLOY / name).read_text()
        (tmp_path / name).write_text(re.sub(r"^ExecStart=\S+", f"ExecStart={harness.BINARY}", text, flags=re.M))
    return tmp_path


def analyze(units, *arguments):
    return subprocess.run(["systemd-analyze", *arguments], cwd=units, capture_output=True, text=True, env={"PATH": os.environ["PATH"]})


def test_systemd_finds_nothing_wrong(units):
    done = analyze(units, "verify", "--man=no", *(f"./{name}" for name in UNITS))
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_systemd_finds_little_exposed(units):
    done = analyze(units, "security", "--offline=true", "--no-pager", "./todo.service")
    assert float(re.search(r"Overall exposure level for todo.service: ([0-9.]+)", done.stdout)[1]) <= 1.5, done.stdout


def test_the_units_belong_together():
    service, sockets = sandbox.settings(SERVICE), sandbox.settings(behind.DEPLOY / "todo.socket")
    assert service["Type"] == ["notify"] and service["Requires"] == ["todo.socket"]
    for path in sockets["ListenStream"]:
        assert path in (behind.DEPLOY / "lighttpd-socket.conf").read_text()
    assert f"AUTH_SOCKET={sockets['ListenStream'][1]}" in service["Environment"]


def test_every_secret_that_there_can_be_is_handed_over():
    service = sandbox.settings(SERVICE)
    told = subprocess.run([harness.BINARY, "--help"], capture_output=True, text=True).stdout
    secrets = {name.lower(): "required" in rest for name, rest in re.findall(r"^ *([A-Z_]+) (.*or _FILE.*)$", told, re.M)}
    assert set(secrets) >= {"database_url", "jwt_secret", "jwt_secret_previous"}
    for name, required in secrets.items():
        assert f"{name}:/etc/todo/secrets/{name}" in service["LoadCredential"]
        assert f"{name.upper()}_FILE=%d/{name}" in service["Environment"]
        assert required != (rf"{name}:\n" in service["SetCredential"]), "one that may be missing has a default"


class Activated(harness.Responder):
    """As todo.socket and todo.service start it: the sockets opened for it, secrets in files, systemd's ear beside it."""

    auth_socket = property(lambda self: self.folder / "auth.sock")
    has_auth_pool = True

    def spawn(self, command, environment):
        self.program = self.folder / "todo.fcgi"
        if not self.program.exists():
            self.prepare()
        values = {name: value for name, value in environment.items() if name not in ("DATABASE_URL", "JWT_SECRET")}
        values |= {"DATABASE_URL_FILE": str(self.folder / "database_url"), "JWT_SECRET_FILE": str(self.folder / "jwt_secret"),
                   "AUTH_SOCKET": str(self.auth_socket), "NOTIFY_SOCKET": str(self.folder / "notify"), "WATCHDOG_USEC": "400000"}
        with open(self.folder / "stderr.log", "ab") as log:
            self.process = behind.activate(self.listeners, [self.program], env=values, stdout=log, stderr=log)

    def prepare(self):
        shutil.copy(harness.BINARY, self.program)
        for name in ("DATABASE_URL", "JWT_SECRET"):
            path = self.folder / name.lower()
            path.write_text(self.environment()[name])
            path.chmod(0o400)
            behind.give(path, behind.APP_USER)
        self.listeners = [behind.listen(path, behind.APP_USER) for path in (self.socket, self.auth_socket)]
        self.ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.ear.bind(str(self.folder / "notify"))
        self.ear.settimeout(harness.PATIENCE)
        behind.give(self.folder / "notify", behind.APP_USER)

    def hear(self, state):
        """Waits for a state, over the ones before it."""
        while self.ear.recv(4096).decode() != state:
            pass

    def close(self):
        super().close()
        for listener in self.listeners:
            listener.close()
        self.ear.close()


@pytest.fixture
def activate(cluster, request):
    def activate(settings=None, wait=True):
        one = Activated(cluster, settings, wait=wait)
        request.addfinalizer(one.close)
        return one
    return activate


def test_it_is_ready_once_it_serves_stays_awake_and_says_when_it_stops(activate):
    service = activate(wait=False)
    service.hear("READY=1")
    assert service.get("/readyz").status == 200
    for _ in range(3):
        service.hear("WATCHDOG=1")
    service.process.terminate()
    service.hear("STOPPING=1")
    assert service.process.wait(harness.PATIENCE) == 0


def test_the_second_socket_has_workers_of_its_own(activate):
    service = activate({"AUTH_WORKERS": "2"})
    harness.wait_until(lambda: len(service.auth_workers()) == 2, "they are there")
    assert {os.getpriority(os.PRIO_PROCESS, pid) for pid in service.auth_workers()} == {19}
    before = set(service.auth_workers())
    service.process.send_signal(signal.SIGHUP)
    harness.wait_until(lambda: len(now := set(service.auth_workers())) == 2 and not now & before, "they are new")
    with harness.standing_still(service.workers()):
        assert fcgi.request(service.auth_socket, fcgi.params("GET", "/healthz")).status == 200
    service.process.terminate()
    assert service.process.wait(harness.PATIENCE) == 0
    assert service.auth_socket.exists(), "it is not the service's to remove"


def test_the_socket_outlives_a_restart_and_requests_wait_in_it(activate):
    service = activate()
    anna = service.user()
    service.process.terminate()
    assert service.process.wait(harness.PATIENCE) == 0
    link = service.connect()
    link.sendall(fcgi.message(fcgi.params("GET", "/tasks", [("Authorization", f"Bearer {anna.token}")])))
    service.spawn(None, service.environment())
    assert fcgi.parse(fcgi.read_all(link)).status == 200


def test_a_reload_works_under_the_filter(activate):
    service = activate({"WORKERS": "2"})
    service.hear("READY=1")
    before = set(service.workers())
    service.process.send_signal(signal.SIGHUP)
    harness.wait_until(lambda: len(now := set(service.workers())) == 2 and not now & before, "the workers are new")
    assert service.user().task() and service.process.poll() is None


def test_the_filter_kills_what_the_unit_forbids():
    """That the tests above could fail at all."""
    for forbidden in ("os.sched_setaffinity(0, {0})", "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
                      "mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)"):
        done = subprocess.run(["/usr/bin/python3", behind.HERE / "sandbox.py", SERVICE, "/usr/bin/python3", "-c",
                               f"import mmap, os, socket; print('begins', flush=True); {forbidden}"],
                              capture_output=True, text=True, cwd="/")
        assert (done.stdout, done.returncode) == ("begins\n", -signal.SIGSYS), (forbidden, done)
