"""Options, settings, and the life of parent and workers."""
import concurrent.futures
import contextlib
import json
import os
import re
import signal
import stat
import subprocess
import threading
import time

import pytest

import fcgi
from harness import BINARY, PATIENCE, SECRET, alive, cpu_ticks, open_files, run, wait_until


def kill(pid, sign=signal.SIGKILL):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, sign)


# ---- options

def test_help_names_every_option_and_setting():
    done = run(["--help"])
    assert done.returncode == 0 and done.stdout
    for word in ("-s", "--version", "--check", "--routes", "DATABASE_URL", "JWT_SECRET", "WORKERS", "BCRYPT_COST", "CORS_ORIGINS"):
        assert word in done.stdout, word


def test_version_is_one_line():
    done = run(["--version"])
    assert done.returncode == 0 and re.search(r"\d+\.\d+", done.stdout) and done.stdout.count("\n") == 1


def test_routes_need_no_settings():
    done = run(["--routes"])
    assert done.returncode == 0
    assert all(re.fullmatch(r"[A-Z]+\s+/\S*\s+(public|user)", line.strip()) for line in done.stdout.splitlines())


@pytest.mark.parametrize("arguments", [["--nothing"], ["-x"], ["-s"], ["extra"]])
def test_an_unknown_option_is_told(cluster, arguments):
    done = run(arguments, cluster)
    assert done.returncode not in (0, -6, -11) and (done.stderr + done.stdout).strip()


# ---- settings

def test_check_is_content_with_good_settings(cluster):
    done = run(["--check"], cluster, database=cluster.new_database())
    assert done.returncode == 0, done


WRONG = {
    "DATABASE_URL": ["", None, "nonsense", "postgresql://todo@/x?nonsense=1"], "JWT_SECRET": ["", "too short", "x" * 31, "x" * 40, "changeme-changeme-changeme-changeme", None], "JWT_SECRET_PREVIOUS": ["too short"], "BCRYPT_COST": ["3", "17", "x", "-1", "4.5", "4x", " "],
    "WORKERS": ["-1", "x", "99999999999999999999"], "MAX_REQUESTS": ["-1", "x"], "MAX_BODY": ["-1", "x", "1e3"], "REQUEST_TIMEOUT": ["-1", "x"], "DRAIN_SECONDS": ["-1", "x"],
    "DB_TIMEOUT": ["-1", "x"], "DB_PREPARE": ["maybe"], "LOG_FORMAT": ["xml"], "LOG_LEVEL": ["loud"], "SLOW_REQUEST": ["-1", "x"], "PURGE_INTERVAL": ["-1", "86401"], "ACCESS_TOKEN_TTL": ["-1", "x"], "REFRESH_TOKEN_TTL": ["-1", "x"]}


@pytest.mark.parametrize("name, value", [(name, value) for name, values in WRONG.items() for value in values])
def test_a_wrong_setting_is_named_and_nothing_starts(cluster, tmp_path, name, value):
    for arguments in (["--check"], ["-s", str(tmp_path / "x.sock")]):
        done = run(arguments, cluster, {name: value})
        assert done.returncode > 0, done
        assert name in done.stderr + done.stdout, done
        assert not (tmp_path / "x.sock").exists()


def test_all_wrong_settings_are_told_at_once_and_no_secret_with_them(cluster):
    wrong = {"JWT_SECRET": "hush hush", "BCRYPT_COST": "99", "WORKERS": "many", "DB_PREPARE": "maybe", "MAX_BODY": "x"}
    done = run(["--check"], cluster, wrong)
    told = done.stderr + done.stdout
    assert done.returncode > 0 and all(name in told for name in wrong), told
    assert "hush" not in told


@pytest.mark.parametrize("url", ["postgresql://todo:hush%hush@db/todo", "postgresql://todo:hush/hush@db/todo", "postgresql://todo:hush@[db/todo",
                                 "host=db password='hush", "host=db hush"])
def test_a_password_that_spoils_the_database_url_is_not_repeated(cluster, tmp_path, url):
    for arguments in (["--check"], ["-s", str(tmp_path / "x.sock")]):
        done = run(arguments, cluster, {"DATABASE_URL": url})
        assert done.returncode > 0 and "DATABASE_URL must be" in done.stderr and "hush" not in done.stderr + done.stdout, done


def test_without_any_setting_the_required_ones_are_named():
    done = run(["--check"])
    assert done.returncode > 0 and {"DATABASE_URL", "JWT_SECRET"} <= set(re.findall(r"[A-Z_]+", done.stderr + done.stdout))


@pytest.mark.parametrize("content", [SECRET, SECRET + "\n"])
def test_a_secret_may_come_from_a_file(cluster, start_responder, tmp_path, content):
    (tmp_path / "secret").write_text(content)
    database = cluster.new_database()
    one = start_responder({"JWT_SECRET": None, "JWT_SECRET_FILE": tmp_path / "secret"}, database=database)
    two = start_responder(database=database)
    assert two.get("/auth/me", token=one.user().token).status == 200


def test_a_database_url_may_come_from_a_file(cluster, start_responder, tmp_path):
    (tmp_path / "url").write_text(cluster.url(cluster.new_database()) + "\n")
    assert start_responder({"DATABASE_URL": None, "DATABASE_URL_FILE": tmp_path / "url"}).user().task()


def test_a_missing_secret_file_is_told(cluster, tmp_path):
    done = run(["--check"], cluster, {"JWT_SECRET": None, "JWT_SECRET_FILE": tmp_path / "nothing"})
    assert done.returncode > 0 and "JWT_SECRET_FILE" in done.stderr + done.stdout


@pytest.mark.parametrize("url, cause", [
    ("postgresql://todo@/todo?host=/nowhere", r"/nowhere/\S+ failed: No such file or directory"),
    ("postgresql://127.0.0.1:1/todo", r"127\.0\.0\.1\S*, port 1 failed: Connection refused")])
def test_check_tells_what_is_wrong_with_the_database(cluster, url, cause):
    done = run(["--check"], cluster, {"DATABASE_URL": url})
    assert done.returncode > 0 and re.search(rf"^todo\.fcgi: database: .*{cause}$", done.stderr, re.M), done


# ---- schema

def test_a_newer_schema_is_refused(cluster, start_responder):
    database = cluster.new_database()
    assert run(["--check"], cluster, database=database).returncode == 0
    start_responder(database=database).user().task()
    cluster.sql("INSERT INTO schema_version (version) VALUES (9999)", database)
    done = run(["--check"], cluster, database=database)
    told = done.stderr + done.stdout
    assert done.returncode > 0 and "newer" in told and "9999" in told, told
    late = start_responder(database=database, wait=False)

    def refused():
        with contextlib.suppress(OSError, fcgi.Broken):
            return late.get("/readyz").status == 503 and late.login("a@b.cd").status == 503
        return (late.process.poll() or 0) > 0
    wait_until(refused, "the newer schema is refused")
    assert "newer" in late.log()


def test_an_older_schema_is_brought_up_to_date(cluster, start_responder):
    database = cluster.new_database()
    with_data = start_responder(database=database)
    with_data.user().task()
    with_data.stop()
    newest = cluster.sql("SELECT max(version) FROM schema_version", database)
    cluster.sql("UPDATE schema_version SET version = 1; DROP INDEX sessions_by_expiry, refresh_tokens_by_expiry;"
                " ALTER INDEX tasks_search RESET (gin_pending_list_limit)", database)
    later = start_responder(database=database)
    assert cluster.sql("SELECT max(version) FROM schema_version", database) == newest
    assert cluster.sql("SELECT to_regclass('sessions_by_expiry') IS NOT NULL", database) == "t"
    assert cluster.sql("SELECT reloptions FROM pg_class WHERE relname = 'tasks_search'", database) == "{gin_pending_list_limit=256}"
    assert later.user().task() and cluster.sql("SELECT count(*) FROM tasks", database) == "2"


def test_four_programs_at_once_on_an_empty_database_all_serve(cluster, start_responder):
    database = cluster.new_database()
    four = [start_responder({"WORKERS": "8"}, database=database, wait=False) for _ in range(4)]
    for one in four:
        one.wait_ready()
    anna = four[0].user()
    assert all(one.get("/auth/me", token=anna.token).status == 200 for one in four for _ in range(8))
    assert cluster.sql("SELECT count(*) FROM schema_version", database) == "1"
    assert not re.search(r"level=error", "".join(one.log() for one in four))


def test_a_second_start_changes_nothing(cluster, start_responder):
    database = cluster.new_database()
    anna = start_responder(database=database).user()
    anna.task()
    assert start_responder(database=database).get("/tasks", token=anna.token).json[0]["title"] == "Buy milk"


# ---- workers

def test_a_killed_worker_is_replaced(start_server):
    server = start_server({"WORKERS": "2"})
    before = server.workers()
    assert len(before) == 2
    for pid in before:
        kill(pid)
    after = wait_until(lambda: (now := server.workers()) and len(now) == 2 and not set(now) & set(before) and now, "two new workers")
    assert server.user().task() and server.workers() == after


def test_the_client_of_a_dying_worker_gets_an_error_not_silence(start_server):
    server = start_server({"AUTH_WORKERS": "1", "BCRYPT_COST": "14"})
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        slow = pool.submit(server.request, "POST", "/auth/login", {"email": "nobody@example.com", "password": "anything"})
        worker = server.auth_workers()[0]
        wait_until(lambda: cpu_ticks(worker) > ticks_at_rest(), "the worker is busy")
        kill(worker)
        assert slow.result(timeout=60).status in (500, 502, 503, 401)
    wait_until(lambda: server.get("/healthz").status == 200, "served again")


def ticks_at_rest():
    return 10  # a tenth of a second: more than starting and connecting take, less than a bcrypt of this cost


def test_a_worker_leaves_after_its_requests_and_nobody_notices(start_server):
    server = start_server({"WORKERS": "2", "MAX_REQUESTS": "5"})
    seen = set()
    for _ in range(60):
        assert server.get("/healthz").status == 200
        seen |= set(server.workers())
    assert len(seen) > 4


def test_without_workers_the_process_itself_serves(start_responder):
    responder = start_responder({"WORKERS": "0"})
    assert responder.user().task()
    assert responder.workers() == []
    os.kill(responder.process.pid, signal.SIGTERM)
    assert responder.process.wait(PATIENCE) == 0


def test_a_parent_that_has_nothing_to_do_hardly_wakes(responder):
    """Once a second, to see whether a worker hangs; a hundred times where something is due."""
    def wakes():
        status = open(f"/proc/{responder.parent()}/status").read()
        return int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", status, re.M)[1])

    responder.wait_workers()
    before, began = wakes(), time.monotonic()
    for _ in range(500):
        assert responder.get("/healthz").status == 200
    assert wakes() - before <= 5 + 5 * (time.monotonic() - began)


def test_sighup_replaces_every_worker_and_no_request_fails(start_server):
    server = start_server({"WORKERS": "3"})
    anna, before = server.user(), set(server.workers())
    stop, failed = threading.Event(), []

    def ask():
        while not stop.is_set():
            answer = anna.get("/tasks")
            if answer.status != 200:
                failed.append(answer)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask) for _ in range(4)]
        try:
            os.kill(server.parent(), signal.SIGHUP)
            wait_until(lambda: len(now := server.workers()) == 3 and not before & set(now), "three new workers")
        finally:
            stop.set()
        for one in asking:
            one.result()
    assert not failed, failed[:3]


def test_the_parents_death_takes_the_workers_along(start_responder):
    responder = start_responder({"WORKERS": "3"})
    workers = responder.workers()
    kill(responder.process.pid)
    responder.process.wait(PATIENCE)
    wait_until(lambda: not any(map(alive, workers)), "the workers have gone")


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_ends_all_processes_with_status_0(start_responder, sign):
    responder = start_responder({"WORKERS": "3"})
    workers = responder.workers()
    os.kill(responder.process.pid, sign)
    assert responder.process.wait(PATIENCE) == 0
    assert not any(map(alive, workers))


def test_sigterm_lets_a_request_that_has_begun_end(start_responder):
    responder = start_responder({"WORKERS": "1"})
    anna = responder.user()
    body = b'{"title":"' + b"x" * 150 + b'"}'
    values = fcgi.params("POST", "/tasks", [("Authorization", f"Bearer {anna.token}"), ("Content-Type", "application/json")], body)
    [worker] = responder.workers()
    idle = open_files(worker)
    with responder.connect() as link:
        link.sendall(fcgi.begin() + fcgi.stream(fcgi.PARAMS, fcgi.pairs(values)) + fcgi.record(fcgi.STDIN, body[:50]))
        wait_until(lambda: open_files(worker) > idle, "the worker has accepted")
        os.kill(responder.process.pid, signal.SIGTERM)
        link.sendall(fcgi.stream(fcgi.STDIN, body[50:]))
        assert fcgi.parse(fcgi.read_all(link)).status == 201
    assert responder.process.wait(PATIENCE) == 0


def test_a_request_that_never_ends_does_not_hold_up_a_stop(start_responder):
    responder = start_responder({"WORKERS": "1", "DRAIN_SECONDS": "1", "REQUEST_TIMEOUT": "300"})
    with responder.connect() as link:
        link.sendall(fcgi.begin())
        os.kill(responder.process.pid, signal.SIGTERM)
        responder.process.wait(PATIENCE)
        assert fcgi.read_all(link) == b""


def test_the_socket_is_ours_alone(responder):
    mode = os.stat(responder.socket).st_mode
    assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o600


def test_a_socket_left_by_a_crash_is_taken_over_and_another_file_is_not(cluster, start_responder, tmp_path):
    first = start_responder()
    first.process.kill()
    first.process.wait(PATIENCE)
    assert first.socket.exists()
    first.spawn([BINARY, "-s", first.socket], first.environment())
    first.wait_ready()
    precious = tmp_path / "precious"
    precious.write_text("data")
    assert run(["-s", str(precious)], cluster).returncode > 0
    assert precious.read_text() == "data"


def test_a_socket_that_cannot_be_made_is_told(cluster, tmp_path):
    for path in (tmp_path / "no" / "such" / "folder", tmp_path / ("x" * 200)):
        done = run(["-s", str(path)], cluster)
        assert done.returncode > 0 and (done.stderr + done.stdout).strip()


def test_started_by_hand_without_a_socket_it_says_so(cluster):
    done = run([], cluster)
    assert done.returncode > 0 and (done.stderr + done.stdout).strip()


def test_spawn_fcgi_hands_over_a_socket(cluster, tmp_path):
    path = tmp_path / "spawned.sock"
    environment = {"PATH": "/usr/bin:/bin", "DATABASE_URL": cluster.url(cluster.new_database()), "JWT_SECRET": SECRET, "WORKERS": "2", "BCRYPT_COST": "4"}
    spawned = subprocess.Popen(["spawn-fcgi", "-n", "-s", str(path), "-b", "512", "--", str(BINARY)], env=environment, stderr=subprocess.DEVNULL)
    try:
        def ready():
            with contextlib.suppress(OSError, fcgi.Broken):
                return fcgi.request(path, fcgi.params("GET", "/readyz")).status == 200
        wait_until(ready, "ready behind spawn-fcgi")
    finally:
        spawned.terminate()
        assert spawned.wait(PATIENCE) == 0


def test_logs_may_be_json(start_server):
    server = start_server({"LOG_FORMAT": "json"})
    server.get("/nothing?q=\"quoted\"%0anewline".replace('"', "%22"), headers={"X-Request-Id": "one-of-ours"})
    line = wait_until(lambda: next((line for line in server.log().splitlines() if "one-of-ours" in line and line.startswith("{")), None), "a line of JSON")
    assert "one-of-ours" in json.loads(line).values()

