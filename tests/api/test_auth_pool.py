"""The workers of /auth: a socket of their own (AUTH_SOCKET), at the lowest priority."""
import os
import signal

import fcgi
import harness
from harness import cpu_ticks, idle_files, open_files, standing_still, wait_until


def nice(pid):
    return os.getpriority(os.PRIO_PROCESS, pid)


def test_passwords_are_hashed_only_by_workers_that_step_back(start_server):
    server = start_server({"BCRYPT_COST": "9", "AUTH_WORKERS": "2"}).wait_every_worker()
    common, auth = server.workers(), server.auth_workers()
    assert [nice(pid) for pid in common] == [nice(0)] * 4 and [nice(pid) for pid in auth] == [19] * 2
    before = sum(map(cpu_ticks, common))
    anna = server.user()
    changed = anna.put("/auth/password", {"current_password": anna.password, "new_password": "another good one"})
    assert changed.status == 204
    assert sum(map(cpu_ticks, auth)) > 0, "four hashes of 20 ms and more each"
    assert sum(map(cpu_ticks, common)) - before <= 2


def test_stopped_auth_workers_stop_nobody_else(start_server):
    server = start_server()
    anna = server.user()
    with standing_still(server.auth_workers()):
        for _ in range(8):
            assert anna.get("/tasks").status == 200
    assert server.login(anna.email).status == 200


def test_a_killed_auth_worker_is_replaced_and_signing_in_goes_on(start_server):
    server = start_server({"AUTH_WORKERS": "1"})
    server.may_crash = True
    anna = server.user()
    [worker] = server.auth_workers()
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: server.auth_workers() not in ([], [worker]), "it is replaced")
    assert server.login(anna.email).status == 200


def test_a_reload_keeps_the_socket_and_loses_no_sign_in(start_server):
    server = start_server()
    anna = server.user()

    def others_than(before):
        assert server.login(anna.email).status == 200
        return len(now := set(server.auth_workers())) == 4 and not now & before
    for _ in range(3):
        before = set(server.auth_workers())
        os.kill(server.parent(), signal.SIGHUP)
        wait_until(lambda: others_than(before), "all workers of /auth are new")


def test_the_socket_is_private_and_goes_with_the_service(start_responder):
    responder = start_responder({"AUTH_SOCKET": None})
    path = responder.folder / "auth.sock"
    assert responder.auth_workers() == [] and not path.exists()

    responder.settings["AUTH_SOCKET"] = str(path)
    responder.stop()
    responder.spawn([harness.BINARY, "-s", responder.socket], responder.environment())
    responder.wait_ready()
    assert path.stat().st_mode & 0o777 == 0o600
    responder.stop()
    assert not path.exists()


def test_a_service_told_twice_to_stop_leaves_the_next_one_its_socket(start_responder, tmp_path):
    path = tmp_path / "auth.sock"
    settings = {"AUTH_SOCKET": str(path), "REQUEST_TIMEOUT": "60", "DRAIN_SECONDS": "60"}
    first, message = start_responder(settings), fcgi.message(fcgi.params("GET", "/healthz"))
    workers = first.workers()
    idle = idle_files(workers)
    with first.connect() as link:
        link.sendall(message[:-1])
        wait_until(lambda: any(open_files(worker) > idle for worker in workers), "a worker has accepted")
        first.process.send_signal(signal.SIGTERM)
        wait_until(lambda: not path.exists(), "the path is free for the next one")
        second = start_responder(settings)
        first.process.send_signal(signal.SIGTERM)
        link.sendall(message[-1:])
        assert fcgi.parse(fcgi.read_all(link)).status == 200
    assert first.process.wait(harness.PATIENCE) == 0
    login = fcgi.params("POST", "/auth/login", [("Content-Type", "application/json")], b"{}")
    assert fcgi.request(path, login, b"{}").status == 422
    assert len(second.auth_workers()) == 4


def test_a_socket_that_cannot_be_made_is_told_and_nothing_stays(cluster, tmp_path):
    done = harness.run(["-s", str(tmp_path / "todo.sock")], cluster, {"AUTH_SOCKET": "/nowhere/auth.sock"}, cluster.new_database())
    assert done.returncode == 1
    assert "AUTH_SOCKET: cannot listen on /nowhere/auth.sock: No such file or directory" in done.stderr
    assert list(tmp_path.iterdir()) == []
