"""The database goes away and comes back: 503 within seconds, nothing acknowledged lost, nothing done twice."""
import concurrent.futures
import os
import signal
import time
import uuid

import pytest

from client import check_away, check_problem
from harness import Cluster, Server, alive, descendants, wait_until
from writer import Writer

PROMISED = 3  # seconds until a 503
SLACK = 3     # for a machine that is busy with other tests
AS_SHIPPED = {"DB_TIMEOUT": None, "REQUEST_TIMEOUT": None}
CLIENTS = 4   # of a Writer: each finds a worker, and none waits for another's time to be up


@pytest.fixture(scope="module")
def own_server():
    """A database and a server of our own: others must not suffer."""
    with Cluster() as cluster, Server(cluster, {**AS_SHIPPED, "WORKERS": str(CLIENTS)}) as server:
        yield server


@pytest.fixture
def stage(own_server):
    """As after a start, whatever the test before has left."""
    return own_server.wait_every_worker()


def timed(call):
    begin = time.monotonic()
    answer = call()
    assert time.monotonic() - begin < PROMISED + SLACK, answer
    return answer


def calls(anna):
    path = f"/tasks/{uuid.uuid4()}"
    return [lambda: anna.get("/tasks"), lambda: anna.get("/auth/me"), lambda: anna.post("/tasks", {"title": "in the dark"}), lambda: anna.delete(path),
            lambda: anna.server.login(anna.email), lambda: anna.server.post("/auth/signup", {"email": anna.server.fresh_email(), "password": "long enough"}),
            lambda: anna.patch(path, {"title": "x"}), lambda: anna.get("/tasks/stats"), lambda: anna.post("/auth/logout", {"everywhere": True})]


def check_everything_away(anna):
    for call in calls(anna):
        check_away(timed(call))
    assert timed(lambda: anna.server.get("/healthz")).status == 200
    assert timed(lambda: anna.server.get("/readyz")).status == 503
    check_problem(timed(lambda: anna.server.get("/nothing")), 404)
    assert timed(lambda: anna.server.get("/metrics")).status == 200


def check_recovered(server, anna, workers):
    server.wait_every_worker()
    assert set(server.workers()) == set(workers), "recovery needs no new worker"
    assert anna.post("/tasks", {"title": "after"}).status == 201
    assert sorted(anna.titles()) == ["after", "before"]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT])
def test_a_stopped_database_is_503_and_a_started_one_serves_again(stage, how):
    anna, workers = stage.user(), stage.workers()
    anna.task(title="before")
    stage.cluster.stop(how)
    try:
        check_everything_away(anna)
    finally:
        stage.cluster.start()
    check_recovered(stage, anna, workers)


def test_a_hung_database_is_503_and_one_that_goes_on_serves_again(stage):
    anna, workers = stage.user(), stage.workers()
    anna.task(title="before")
    stage.cluster.freeze()
    try:
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            for answer in pool.map(timed, calls(anna)[:6]):
                check_away(answer)
        assert timed(lambda: stage.get("/healthz")).status == 200
        assert timed(lambda: stage.get("/readyz")).status == 503
    finally:
        stage.cluster.freeze(signal.SIGCONT)
    stage.wait_every_worker()
    assert stage.workers() == workers
    # What was on its way when the database froze may have been done or not, but never twice.
    titles = anna.titles()
    assert titles.count("before") == 1 and titles.count("in the dark") <= 1
    assert anna.post("/tasks", {"title": "after"}).status == 201


@pytest.mark.parametrize("kind", ["stopped", "hung"])
def test_a_crowd_larger_than_the_workers_too_is_told_within_seconds(stage, kind):
    anna = stage.user()
    stage.cluster.stop() if kind == "stopped" else stage.cluster.freeze()
    try:
        with concurrent.futures.ThreadPoolExecutor(30) as pool:
            for answer in pool.map(lambda _: timed(lambda: anna.get("/tasks")), range(30)):
                check_away(answer)
    finally:
        stage.cluster.start() if kind == "stopped" else stage.cluster.freeze(signal.SIGCONT)
    stage.wait_every_worker()
    assert anna.get("/tasks").status == 200


def test_a_lost_connection_costs_a_reader_nothing(stage):
    anna = stage.user()
    anna.task(title="before")
    for _ in range(5):
        stage.cluster.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'todo' AND pid <> pg_backend_pid()", "postgres", "postgres")
        wait_until(lambda: timed(lambda: anna.get("/tasks")).status == 200, "reading goes on")
    stage.wait_every_worker()


def test_a_restarted_database_is_met_with_few_errors_and_no_restart_of_ours(stage):
    anna, workers = stage.user(), stage.workers()
    stage.cluster.stop()
    stage.cluster.start()
    wait_until(lambda: anna.post("/tasks", {"title": "x"}).status == 201, "writing goes on")
    assert set(stage.workers()) == set(workers)


def kill_postmaster(cluster):
    cluster.stop(signal.SIGKILL)
    cluster.start()


def kill_backend(cluster):
    """PostgreSQL then ends all others, too, and recovers by itself."""
    family = descendants(cluster.process.pid)
    backend = cluster.sql("SELECT pid FROM pg_stat_activity WHERE application_name = 'todo.fcgi' LIMIT 1", "postgres", "postgres")
    os.kill(int(backend), signal.SIGKILL)
    wait_until(lambda: not any(map(alive, family)), "all its processes have ended")
    wait_until(cluster.answers, "PostgreSQL has recovered")


@pytest.mark.parametrize("fault", [Cluster.crash, kill_postmaster, kill_backend])
def test_nothing_acknowledged_is_lost_and_nothing_is_done_twice(stage, fault):
    """The database fails three times."""
    with Writer(stage.user(), CLIENTS) as writer:
        for _ in range(3):
            writer.goes_on()
            fault(stage.cluster)
        writer.goes_on()
    assert not writer.cut, writer
    for answer in writer.refused:
        check_away(answer)
    assert writer.slowest < PROMISED + SLACK, writer
    writer.check()


def test_a_server_starts_without_its_database_and_serves_as_soon_as_it_is_there():
    with Cluster() as cluster:
        database = cluster.new_database()
        cluster.stop()
        with Server(cluster, database=database, ready="/healthz") as server:
            assert server.get("/readyz").status == 503
            cluster.start()
            server.wait_every_worker()
            assert server.user().task()


def test_a_sign_up_is_enough_to_have_the_schema_applied_where_it_could_not_be_at_the_start():
    """Nobody asks the other workers, which would apply it, too."""
    with Cluster() as cluster:
        database = cluster.new_database()
        cluster.stop()
        with Server(cluster, database=database, ready="/healthz") as server:
            cluster.start()
            account = {"email": server.fresh_email(), "password": "long enough"}
            wait_until(lambda: server.post("/auth/signup", account).status == 201, "an account can be made")
