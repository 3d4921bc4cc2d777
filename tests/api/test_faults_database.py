"""PostgreSQL read-only, replaced, out of connections, out of disk, slow: writes are 503, and all that was acknowledged is kept."""
import contextlib
import signal
import time

import pytest

from client import check_away, check_problem
from clusters import SmallDisk, Standby, session
from exposition import scrape, total
from harness import Cluster, Server, standing_still, wait_until
from writer import Writer

WORKERS = 4  # of each server here, in both pools together
CONNECTIONS = 2 * WORKERS + 2
SETTINGS = {"WORKERS": "2", "AUTH_WORKERS": "2", "DB_TIMEOUT": "10000"}


@pytest.fixture(scope="module")
def own_server():
    """Few connections: a worker's old one may end after its new one has begun, and three are for PostgreSQL's superuser."""
    with Cluster({"max_connections": CONNECTIONS + 3}) as cluster, Server(cluster, SETTINGS) as server:
        yield server


@pytest.fixture
def stage(own_server):
    """As after a start, whatever the test before has left."""
    return own_server.wait_every_worker()


def check_recovered(server, writer, workers):
    """All is as before, without a restart of ours."""
    server.wait_every_worker()
    writer.goes_on()
    assert set(server.workers() + server.auth_workers()) == set(workers)


def check_refusals(writer):
    assert not writer.cut, writer
    for answer in writer.refused:
        check_away(answer)
    writer.check()


def check_only_reads(anna):
    for _ in range(10):
        assert anna.get("/tasks?limit=1").status == 200
        assert anna.get("/auth/me").status == 200
    path = f"/tasks/{anna.get('/tasks?limit=1').json[0]['id']}"
    for refused in (anna.patch(path, {"title": "x"}), anna.delete(path), anna.post("/tasks", [{"title": "x"}]),
                    anna.post("/auth/logout"), anna.server.login(anna.email)):
        check_away(refused)
    assert anna.get(path).status == 200
    assert anna.server.get("/readyz").status == 200


def count_connections(server):
    """That its workers have made since the start."""
    lines = server.get("/metrics").body.decode().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("todo_database_connections_total "))


def test_a_database_made_read_only_serves_reads_and_later_writes_again(stage):
    workers = stage.workers() + stage.auth_workers()
    with Writer(stage.user()) as writer:
        writer.goes_on()
        stage.cluster.set("default_transaction_read_only", "on")
        try:
            writer.is_refused()
            check_only_reads(writer.user)
        finally:
            stage.cluster.set("default_transaction_read_only", "off")
        check_recovered(stage, writer, workers)
    assert "sqlstate=25006" in stage.log()
    check_refusals(writer)


def test_a_read_only_database_is_not_flooded_with_connections(stage):
    """A refused write looks for another server, but not at every request."""
    with Writer(stage.user()) as writer:
        stage.cluster.set("default_transaction_read_only", "on")
        try:
            writer.is_refused()
            began, before = time.monotonic(), count_connections(stage)
            writer.is_refused(200)
            made, seconds = count_connections(stage) - before, time.monotonic() - began
        finally:
            stage.cluster.set("default_transaction_read_only", "off")
    assert made <= WORKERS * (seconds + 1)


def test_a_hot_standby_serves_reads_and_writes_once_it_is_promoted():
    with Cluster() as primary, Server(primary, SETTINGS) as first:
        anna = first.user()
        anna.task(title="before")
        with Standby(primary) as standby, Server(standby, SETTINGS, first.database) as server:
            workers = server.workers() + server.auth_workers()
            anna.server = server
            with Writer(anna) as writer:
                writer.is_refused()
                check_only_reads(anna)
                standby.promote()
                check_recovered(server, writer, workers)
            assert "sqlstate=25006" in server.log()
            check_refusals(writer)


def test_a_failover_loses_nothing_acknowledged():
    """Synchronous replication, and a DATABASE_URL that names both servers."""
    with Cluster() as primary, Standby(primary) as standby:
        primary.set("synchronous_standby_names", "'*'")
        wait_until(lambda: primary.admin("SELECT sync_state FROM pg_stat_replication") == "sync", "the standby is in step")
        database = primary.new_database()
        url = f"postgresql://todo@/{database}?host={primary.sockets},{standby.sockets}&target_session_attrs=read-write"
        # A statement that is cancelled while it waits for the standby has been committed and is confirmed, says PostgreSQL's
        # manual: no timeout, then.
        with Server(primary, {**SETTINGS, "DATABASE_URL": url, "DB_TIMEOUT": "60000"}, database) as server:
            workers = server.workers() + server.auth_workers()
            with Writer(server.user()) as writer:
                writer.goes_on()
                primary.stop(signal.SIGQUIT)
                writer.is_refused()
                standby.promote()
                server.cluster = standby
                check_recovered(server, writer, workers)
            check_refusals(writer)


def test_a_database_out_of_connections_is_503_until_it_has_some(stage):
    workers = stage.workers() + stage.auth_workers()
    anna = stage.user()
    with Writer(anna) as writer, contextlib.ExitStack() as others:
        writer.goes_on()
        with standing_still(workers):
            stage.cluster.admin("SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE application_name = 'todo.fcgi'")
            for _ in range(CONNECTIONS):
                others.enter_context(session(stage.cluster, stage.database, "todo"))
        writer.is_refused()
        for _ in range(10):
            check_away(anna.get("/tasks"))
        check_away(stage.login(anna.email))
        assert stage.get("/readyz").status == 503 and stage.get("/healthz").status == 200
        others.close()
        check_recovered(stage, writer, workers)
    check_refusals(writer)


@pytest.fixture
def small():
    with SmallDisk(megabytes=150) as cluster, Server(cluster, SETTINGS) as server:
        yield server


def test_a_full_disk_is_503_for_writes_until_there_is_room(small):
    workers = small.workers() + small.auth_workers()
    anna = small.user()
    anna.task()
    with Writer(anna) as writer:
        writer.goes_on()
        small.cluster.admin("SELECT pg_switch_wal()")  # to a log with room, which is not what is to run out here
        small.cluster.admin("CHECKPOINT")
        small.cluster.fill()
        writer.is_refused()
        for _ in range(10):
            assert anna.get("/tasks?limit=1").status == 200
        check_problem(anna.get("/nothing"), 404)
        small.cluster.clear()
        check_recovered(small, writer, workers)
    assert "sqlstate=53100" in small.log()
    check_refusals(writer)


def test_a_disk_so_full_that_postgresql_ends_is_503_until_it_is_started_with_room(small):
    """Without room for its write-ahead log it stops, and cannot recover."""
    workers = small.workers() + small.auth_workers()
    with Writer(small.user()) as writer:
        writer.goes_on()
        small.cluster.fill()
        small.cluster.use_up_log()
        writer.is_refused()
        assert small.get("/readyz").status == 503
        small.cluster.clear()
        small.cluster.start()
        check_recovered(small, writer, workers)
    check_refusals(writer)


def test_a_database_that_answers_too_slowly_is_503_and_costs_no_worker(start_server):
    """Somebody else holds a lock on the tasks."""
    server = start_server({"WORKERS": "2", "DB_TIMEOUT": "2500"})
    workers = server.workers() + server.auth_workers()
    with Writer(server.user(), 2) as writer:
        writer.goes_on()
        with session(server.cluster, server.database, "todo", "BEGIN; LOCK TABLE tasks"):
            writer.is_refused(4)
            began = time.monotonic()
            check_away(writer.user.get("/tasks"))
            assert time.monotonic() - began < 10, "the statements before it, and its own, are given up within 2.5 s"
            assert server.get("/healthz").status == 200
        check_recovered(server, writer, workers)
    assert "sqlstate=57014" in server.log()
    assert total(scrape(server), "todo_database_errors_total", 'error="timeout"') > 0
    check_refusals(writer)
