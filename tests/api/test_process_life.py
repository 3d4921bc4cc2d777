"""Running for years: reloads lose nothing, crashes at most their own request, nothing hangs for long."""
import contextlib
import os
import re
import shutil
import signal
import socket

import pytest

import harness
from harness import children, open_files, wait_until
from writer import Writer


def test_twenty_reloads_in_a_row_lose_no_request(start_server):
    server = start_server({"WORKERS": "4"})
    parent = server.parent()
    with Writer(server.user(), 64) as writer:
        for _ in range(20):
            writer.goes_on()
            before = set(server.workers())
            os.kill(parent, signal.SIGHUP)
            wait_until(lambda: len(now := set(server.workers())) == 4 and not before & now, "all workers are new")
        writer.goes_on()
    assert not writer.refused and not writer.cut, writer
    assert server.parent() == parent
    writer.check()


def test_fifty_killed_workers_cost_at_most_a_request_each(start_server):
    server = start_server({"WORKERS": "4"})
    server.may_crash = True
    with Writer(server.user(), 64) as writer:
        writer.goes_on()
        for _ in range(50):
            victim = wait_until(server.workers, "there is a worker")[0]
            with contextlib.suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
            wait_until(lambda: not harness.alive(victim), "the victim is gone")
        writer.goes_on()
    assert len(writer.refused) + len(writer.cut) <= 50, writer
    writer.check()
    wait_until(lambda: len(server.workers()) == 4, "all places are filled again")


def test_a_reload_reads_the_settings_files_again(start_responder, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("the first secret, longer than 32 bytes")
    responder = start_responder({"JWT_SECRET": None, "JWT_SECRET_FILE": str(secret), "WORKERS": "2"})
    anna = responder.user()
    secret.write_text("the second secret, longer than 32 bytes")
    assert anna.get("/auth/me").status == 200
    os.kill(responder.parent(), signal.SIGHUP)
    wait_until(lambda: anna.get("/auth/me").status == 401, "the old secret's token is refused")
    wait_until(lambda: responder.login(anna.email).status == 200 and
               responder.user().get("/auth/me").status == 200, "the new secret signs")


def test_a_reload_with_wrong_settings_changes_nothing_and_says_so(start_responder, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("the first secret, longer than 32 bytes")
    responder = start_responder({"JWT_SECRET": None, "JWT_SECRET_FILE": str(secret), "WORKERS": "2"})
    anna, before = responder.user(), responder.workers()
    secret.write_text("short")
    os.kill(responder.parent(), signal.SIGHUP)
    wait_until(lambda: "not reloaded" in responder.log(), "the log says that it was not reloaded")
    assert "JWT_SECRET must be" in responder.log()
    assert anna.get("/auth/me").status == 200
    assert responder.workers() == before


def program_of(pid):
    """The file that a process runs, by its inode; None for one that has just ended."""
    with contextlib.suppress(OSError):
        return os.stat(f"/proc/{pid}/exe").st_ino
    return None


def test_a_reload_starts_the_program_file_as_it_is_then(cluster, tmp_path, monkeypatch):
    """As an upgrade does: another file under the same name."""
    program = tmp_path / "todo.fcgi"
    shutil.copy2(harness.BINARY, program)
    monkeypatch.setattr(harness, "BINARY", program)
    with harness.Responder(cluster, {"WORKERS": "2"}) as responder:
        parent = responder.parent()
        old = program_of(parent)
        shutil.copy2(program, tmp_path / "new")
        os.rename(tmp_path / "new", program)
        os.kill(parent, signal.SIGHUP)
        wait_until(lambda: program_of(parent) != old, "the parent runs the new file")
        new = os.stat(program).st_ino
        wait_until(lambda: set(map(program_of, children(parent))) == {new}, "the workers run the new file")
        assert responder.get("/readyz").status == 200


def test_a_program_file_that_cannot_run_is_not_reloaded(cluster, tmp_path, monkeypatch):
    program = tmp_path / "todo.fcgi"
    shutil.copy2(harness.BINARY, program)
    monkeypatch.setattr(harness, "BINARY", program)
    with harness.Responder(cluster, {"WORKERS": "2"}) as responder:
        before = responder.workers()
        (tmp_path / "new").write_text("no program")
        os.rename(tmp_path / "new", program)
        os.kill(responder.parent(), signal.SIGHUP)
        wait_until(lambda: "not reloaded" in responder.log(), "the log says that it was not reloaded")
        assert responder.get("/readyz").status == 200 and responder.workers() == before


def count_requests(responder):
    text = responder.get("/metrics").body.decode()
    return sum(int(value) for value in re.findall(r'^todo_http_requests_total\{route="/healthz".*\} (\d+)$', text, re.M))


def test_the_counters_go_on_over_a_reload(start_responder):
    responder = start_responder({"WORKERS": "2"})
    for _ in range(20):
        responder.get("/healthz")
    before = set(responder.workers())
    os.kill(responder.parent(), signal.SIGHUP)
    wait_until(lambda: len(now := set(responder.workers())) == 2 and not before & now, "all workers are new")
    for _ in range(20):
        responder.get("/healthz")
    assert count_requests(responder) == 40


def test_a_worker_that_hangs_is_replaced(start_responder):
    responder = start_responder({"WORKERS": "1", "REQUEST_TIMEOUT": "1", "DB_TIMEOUT": "100"})
    worker = responder.workers()[0]
    idle = open_files(worker)
    with responder.connect() as link:
        link.sendall(b"\x01")
        wait_until(lambda: open_files(worker) > idle, "the worker has accepted")
        os.kill(worker, signal.SIGSTOP)
        wait_until(lambda: not harness.alive(worker), "the hanging worker is killed")
    assert responder.get("/healthz").status == 200
    assert "hangs" in responder.log()
    assert re.search(r'^todo_worker_restarts_total\{reason="hung"\} 1$', responder.get("/metrics").body.decode(), re.M)


@pytest.mark.parametrize("abstract", [False, True])
def test_systemd_is_told_when_we_are_ready_alive_and_stopping(start_responder, tmp_path, abstract):
    name = f"\0todo-test-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(name)
        ear.settimeout(harness.PATIENCE)
        responder = start_responder({"NOTIFY_SOCKET": name.replace("\0", "@"), "WATCHDOG_USEC": "200000"})
        assert ear.recv(100) == b"READY=1"
        assert [ear.recv(100) for _ in range(3)] == [b"WATCHDOG=1"] * 3
        responder.process.send_signal(signal.SIGTERM)
        told = b""
        while told != b"STOPPING=1":
            told = ear.recv(100)
            assert told in (b"WATCHDOG=1", b"STOPPING=1")
        assert responder.process.wait(harness.PATIENCE) == 0
