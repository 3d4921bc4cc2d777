"""The clock is set back, and forward, while the service and its database run."""
import contextlib
import itertools
import pathlib
import re
import signal
import time

import pytest

import fcgi
from client import check_away, check_problem
from clusters import Clock, ClockedCluster, ClockedServer
from harness import PATIENCE, Responder, Server, alive, open_files, wait_until
from other_tokens import claims_of
from listing import query, timestamp_key, walk
from writer import Writer

HOUR, DAY = 3600, 86400
SETTINGS = {"WORKERS": "2", "AUTH_WORKERS": "2", "DB_TIMEOUT": "10000"}


@pytest.fixture(scope="module")
def own_clock():
    with contextlib.closing(Clock()) as one:
        yield one


@pytest.fixture(scope="module")
def own_cluster(own_clock):
    with ClockedCluster(own_clock) as one:
        yield one


@pytest.fixture(scope="module")
def own_server(own_clock, own_cluster):
    with ClockedServer(own_clock, own_cluster, SETTINGS) as one:
        yield one


@pytest.fixture
def clock(own_clock):
    yield own_clock
    own_clock.set(0)


@pytest.fixture
def anna(own_server, clock):
    return own_server.wait_every_worker().user(refresh=True)


def test_the_clock_under_test_is_the_one_that_is_set(own_server, anna, clock):
    """That the tests below could fail at all: both of the service and of its database."""
    clock.set(-HOUR)
    ahead = time.time() - 60
    assert own_server.sql(f"SELECT extract(epoch FROM '{anna.task()['created_at']}'::timestamptz) < {ahead}") == "t"
    assert claims_of(own_server.login(anna.email).json["access_token"])["iat"] < ahead


def test_writing_goes_on_over_every_change_of_the_clock(own_server, anna, clock):
    workers = own_server.workers() + own_server.auth_workers()
    with Writer(anna) as writer:
        for offset in (-HOUR, HOUR, -DAY, 0):
            writer.goes_on()
            clock.set(offset)
        writer.goes_on()
    assert own_server.workers() + own_server.auth_workers() == workers and not writer.cut
    for answer in writer.refused:  # PostgreSQL may take a leap forward for a statement that takes too long
        check_away(answer)
    writer.check()


def test_lighttpd_which_starts_anew_when_its_clock_is_set_loses_no_request(own_clock, own_cluster, clock):
    with Server(own_cluster, {**SETTINGS, **own_clock.environment}) as server, Writer(server.user()) as writer:
        writer.goes_on()
        before = server.parent()
        clock.set(-HOUR)
        wait_until(lambda: not alive(before), "lighttpd has noticed")
        writer.goes_on()
    assert not writer.refused and not writer.cut, writer
    writer.check()


def test_a_token_issued_in_the_future_holds_and_can_be_ended(own_server, anna, clock):
    clock.set(-HOUR)
    assert anna.get("/tasks").status == 200
    renewed = own_server.post("/auth/refresh", {"refresh_token": anna.session["refresh_token"]})
    assert renewed.status == 200
    assert own_server.get("/auth/me", token=renewed.json["access_token"]).status == 200
    assert [session["current"] for session in anna.get("/auth/sessions").json] == [True]
    assert anna.post("/auth/logout").status == 204
    for token in (anna.token, renewed.json["access_token"]):
        check_problem(own_server.get("/auth/me", token=token), 401)
    assert own_server.login(anna.email).status == 200


def test_a_token_expires_by_the_clock_as_it_is_then(own_server, anna, clock):
    clock.set(6 * DAY)
    assert anna.get("/auth/me").status == 200
    clock.set(7 * DAY + HOUR)
    check_problem(anna.get("/auth/me"), 401)
    clock.set(0)
    assert anna.get("/auth/me").status == 200


def test_every_change_of_a_task_is_a_new_version_though_the_clock_goes_back(own_server, anna, clock):
    first = anna.post("/tasks", {"title": "first"})
    path = f"/tasks/{first.json['id']}"
    clock.set(-HOUR)
    second = anna.patch(path, {"title": "second"}, headers={"If-Match": first.etag})
    third = anna.post(path + "/complete")
    assert second.status == third.status == 200
    times = [timestamp_key(answer.json["updated_at"]) for answer in (first, second, third)]
    assert times[0] < times[1] < times[2]
    assert len({first.etag, second.etag, third.etag}) == 3
    for stale in (first.etag, second.etag):
        check_problem(anna.patch(path, {"title": "lost"}, headers={"If-Match": stale}), 412)
    assert anna.get(path, headers={"If-None-Match": third.etag}).status == 304


@pytest.mark.parametrize("sort", ["created_at", "-created_at", "updated_at", "-updated_at"])
def test_pages_hold_every_task_once_though_the_clock_goes_back_between_them(anna, clock, sort):
    offsets = itertools.count(0, -HOUR)

    def go_back():
        clock.set(next(offsets))
        return anna.task()["id"]
    made = [go_back() for _ in range(10)]
    found = [task["id"] for task in walk(anna, query(sort=sort, limit=3), between=go_back)]
    assert len(found) == len(set(found)) and set(made) <= set(found)


@pytest.mark.parametrize("offset", [-DAY, DAY])
def test_a_database_that_comes_back_is_found_whatever_the_clock_says(own_server, own_cluster, anna, clock, offset):
    own_cluster.stop()
    try:
        check_away(anna.get("/tasks"))
        clock.set(offset)
        check_away(anna.get("/tasks"))
    finally:
        own_cluster.start()
    own_server.wait_every_worker()
    assert anna.task()


@pytest.fixture
def begun(own_clock, own_cluster, clock):
    """begun(settings): a responder that has been told to stop in the middle of a request, and the connection with that request."""
    with contextlib.ExitStack() as stack:
        def begin(settings):
            responder = stack.enter_context(Responder(own_cluster, {"WORKERS": "1", **own_clock.environment, **settings}))
            [worker] = responder.workers()
            idle = open_files(worker)
            link = stack.enter_context(responder.connect())
            link.sendall(fcgi.begin() + fcgi.stream(fcgi.PARAMS, fcgi.pairs(fcgi.params("GET", "/healthz"))))
            wait_until(lambda: open_files(worker) > idle, "the worker has accepted")
            responder.process.send_signal(signal.SIGTERM)
            return responder, link
        yield begin


def test_the_time_to_drain_is_over_in_time_though_the_clock_goes_back(begun, clock):
    responder, link = begun({"DRAIN_SECONDS": "1", "REQUEST_TIMEOUT": "300"})
    clock.set(-DAY)
    responder.process.wait(PATIENCE)
    assert fcgi.read_all(link) == b""


def count_waits(pid):
    """How often a process has waited for something."""
    return int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text(), re.M)[1])


def test_a_request_gets_its_time_to_drain_though_the_clock_goes_forward(begun, clock):
    responder, link = begun({"DRAIN_SECONDS": "300", "REQUEST_TIMEOUT": "300"})
    [worker], parent = responder.workers(), responder.parent()
    clock.set(DAY)
    before = count_waits(parent)
    wait_until(lambda: count_waits(parent) > before + 5, "the parent has looked at its worker")
    assert alive(worker)
    link.sendall(fcgi.stream(fcgi.STDIN, b""))
    assert fcgi.parse(fcgi.read_all(link)).status == 200
    assert responder.process.wait(PATIENCE) == 0
