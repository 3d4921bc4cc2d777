"""The log: one line a request, with nothing in it that is private; trouble told once and not in floods."""
import base64
import concurrent.futures
import contextlib
import json
import re
import shlex
import urllib.parse

import pytest

import fcgi
from exposition import scrape, total
from harness import Cluster, Responder, wait_until

MARK = "Geheim"  # stands in all that no log may hold


def entries(server, message):
    """The complete lines with this message as dictionaries, whichever format they are in."""
    found = []
    for line in server.log().splitlines(keepends=True):
        if not line.endswith("\n") or ("msg=" not in line and '"msg":' not in line):
            continue
        fields = json.loads(line) if line.startswith("{") else dict(part.split("=", 1) for part in shlex.split(line))
        if fields["msg"] == message:
            found.append(fields)
    return found


def line_of(server, request_id, message="request"):
    def find():
        return [entry for entry in entries(server, message) if entry.get("request_id") == request_id]
    found = wait_until(find, f"a line '{message}' of {request_id}")
    assert len(found) == 1, found
    return found[0]


# ---- what a line says

@pytest.mark.parametrize("style", ["logfmt", "json"])
def test_a_requests_line_says_who_asked_for_what_and_what_came_of_it(start_responder, style):
    responder = start_responder({"LOG_FORMAT": style})
    anna = responder.user()
    task = anna.task()
    answer = anna.get(f"/tasks/{task['id']}", headers={"X-Request-Id": "one-of-ours"})
    line = line_of(responder, "one-of-ours")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", line["time"])
    told = {name: str(line[name]) for name in ("level", "method", "route", "status", "bytes", "user")}
    assert told == {"level": "info", "method": "GET", "route": "/tasks/{id}", "status": "200", "bytes": str(len(answer.body)), "user": anna.id}
    assert 0 < float(line["db_ms"]) <= float(line["ms"])
    if style == "json":
        assert all(isinstance(line[name], (int, float)) for name in ("status", "bytes", "ms", "db_ms"))


def test_the_bytes_are_those_that_were_sent(start_responder):
    responder = start_responder()
    assert responder.head("/healthz", headers={"X-Request-Id": "without-a-body"}).body == b""
    assert line_of(responder, "without-a-body")["bytes"] == "0"


def test_who_has_not_signed_in_is_no_user(start_responder):
    responder = start_responder()
    for number, headers in enumerate([{}, {"Authorization": "Bearer x.y.z"}]):
        assert responder.get("/tasks", headers={"X-Request-Id": f"stranger-{number}", **headers}).status == 401
        assert "user" not in line_of(responder, f"stranger-{number}")
    assert responder.get("/no/such/path", headers={"X-Request-Id": "lost"}).status == 404
    assert "route" not in line_of(responder, "lost")


# ---- what no line says

def spellings(secret):
    """A text as it is, and as it looks in a URL, in base64 and in JSON; of a token each part."""
    parts = [secret, *[part for part in secret.split(".") if len(part) > 8]]
    return {form for part in parts for form in (part, urllib.parse.quote(part, safe=""), base64.b64encode(part.encode()).decode(), json.dumps(part)[1:-1])}


def tell_secrets(server):
    """Puts them wherever a request has room, whether it is answered or refused. Those that bear no mark."""
    password, email = f"{MARK} pass word", f"{MARK}@example.org"
    server.post("/auth/signup", {"email": email, "password": password})
    session = server.login(email, password, refresh=True).json
    token, refresh = session["access_token"], session["refresh_token"]
    anna = {"token": token}
    text = {"title": f"{MARK} title", "description": f"{MARK} words", "tags": [f"{MARK} tag"]}
    task = server.post("/tasks", text, **anna).json
    server.patch(f"/tasks/{task['id']}", {"title": f"{MARK} again", f"{MARK}": 1}, **anna)
    server.post("/tasks", [text, {"title": 5, f"{MARK}": MARK}], **anna)
    for body in (b'{"title": "%s', b'["%s"]', b'%s', b'{"title":"\xff%s"}'):
        server.post("/tasks", body=body.replace(b"%s", MARK.encode()), **anna)
    for query in (f"q={MARK}", f"tag={MARK}%20tag", f"{MARK}=1", f"cursor={MARK}", f"q=%zz{MARK}", f"q={MARK}%00", f"limit={MARK}"):
        server.get(f"/tasks?{query}", **anna)
    server.get(f"/{MARK}/{MARK}")
    server.get(f"/tasks/{MARK}", **anna)
    server.login(email, f"{MARK} wrong")
    server.login(f"{MARK}-nobody@example.org", password)
    server.post("/auth/signup", {"email": f"{MARK} no address", "password": f"{MARK}"})
    server.post("/auth/login", body=f"username={MARK}&password={MARK}".encode(), media="application/x-www-form-urlencoded")
    server.post("/auth/login", body=f"username={MARK}%zz".encode(), media=f"application/{MARK}")
    for header in ("Cookie", "User-Agent", "Referer", "X-Request-Id", "If-Match", "If-None-Match", "Accept", "Origin", "X-Forwarded-For"):
        server.get("/tasks", headers={header: f"{MARK} here!"}, **anna)
    server.get("/tasks", token=f"{MARK}.{MARK}.{MARK}")
    server.get("/tasks", headers={"Authorization": f"Basic {MARK}"})
    server.get("/metrics", headers={"Authorization": f"Bearer {MARK}"})
    renewed = server.post("/auth/refresh", {"refresh_token": refresh}).json
    server.post("/auth/refresh", {"refresh_token": f"{MARK}"})
    server.put("/auth/password", {"current_password": f"{MARK} wrong", "new_password": f"{MARK} new one"}, **anna)
    server.put("/auth/password", {"current_password": password, "new_password": f"{MARK} new one"}, **anna)
    last = server.login(email, f"{MARK} new one", refresh="cookie")
    cookie = last.header("Set-Cookie").partition("=")[2].partition(";")[0]
    server.post("/auth/refresh", {}, headers={"Cookie": last.header("Set-Cookie").partition(";")[0]})
    server.sql("ALTER TABLE tasks ADD CONSTRAINT picky CHECK (title = 'x') NOT VALID")
    server.call("POST", "/tasks", [("Authorization", f"Bearer {last.json['access_token']}"), ("Content-Type", "application/json")], json.dumps(text).encode())
    server.sql("ALTER TABLE tasks DROP CONSTRAINT picky")
    server.request("DELETE", "/auth/me", {"password": f"{MARK} new one"}, token=last.json["access_token"])
    return [token, refresh, renewed["access_token"], renewed["refresh_token"], last.json["access_token"], cookie, password, email]


@pytest.mark.parametrize("style", ["logfmt", "json"])
def test_no_line_holds_what_is_private(start_server, style):
    server = start_server({"LOG_FORMAT": style, "SLOW_REQUEST": "1"})
    secrets = tell_secrets(server)
    assert server.get("/healthz", headers={"X-Request-Id": "the-last"}).status == 200
    line_of(server, "the-last")
    log = server.log()
    assert entries(server, "audit") and entries(server, "slow request") and entries(server, "a statement failed")
    assert MARK.lower() not in log.lower()
    for form in set().union(*map(spellings, [MARK, *secrets])):
        assert form not in log, form


# ---- slow requests

def test_a_slow_request_has_a_warning_of_its_own(start_responder):
    responder = start_responder({"SLOW_REQUEST": "1", "BCRYPT_COST": "8", "LOG_LEVEL": "warning"})
    anna = responder.user()  # a bcrypt of this cost takes many milliseconds
    assert responder.login(anna.email, headers={"X-Request-Id": "a-slow-one"}).status == 200
    line = line_of(responder, "a-slow-one", "slow request")
    assert (line["level"], line["method"], line["route"], line["status"]) == ("warning", "POST", "/auth/login", "200")
    assert float(line["ms"]) >= 1 and float(line["db_ms"]) >= 0
    assert not entries(responder, "request")


def test_many_slow_requests_are_no_flood(start_responder):
    responder = start_responder({"SLOW_REQUEST": "1", "BCRYPT_COST": "8", "WORKERS": "4"})
    anna = responder.user()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for answer in pool.map(lambda _: responder.login(anna.email), range(60)):
            assert answer.status == 200
    logins = ("/auth/login", "200")
    wait_until(lambda: [(line.get("route"), line["status"]) for line in entries(responder, "request")].count(logins) == 61, "every sign-in has its line")
    assert 1 <= len(entries(responder, "slow request")) <= 15  # five a minute over all workers


def test_no_request_is_slow_where_that_is_off(start_responder):
    responder = start_responder({"SLOW_REQUEST": "0", "BCRYPT_COST": "8"})
    anna = responder.user()
    assert anna.get("/auth/me", headers={"X-Request-Id": "whatever"}).status == 200
    line_of(responder, "whatever")
    assert not entries(responder, "slow request")


# ---- trouble with the database

def ask_every_worker(responder):
    """The status that each of them has for one request: all but one are held by requests whose end is missing."""
    message = fcgi.message(fcgi.params("GET", "/readyz"))
    with contextlib.ExitStack() as stack:
        links = [stack.enter_context(responder.connect()) for _ in responder.workers()[1:]]
        for link in links:
            link.sendall(message[:-1])
        wait_until(lambda: all(map(fcgi.is_read, links)), "all but one worker wait for the rest")
        statuses = [responder.get("/readyz").status]
        for link in links:
            link.sendall(message[-1:])
        return statuses + [fcgi.parse(fcgi.read_all(link)).status for link in links]


def reconnects(responder):
    responder.get("/readyz")  # whoever is asked all the time is never idle, and connects when it has to
    return total(scrape(responder), "todo_database_reconnects_total")


def test_an_outage_is_told_once_by_all_workers_and_so_is_its_end():
    with Cluster() as cluster, Responder(cluster, {"WORKERS": "4", "REQUEST_TIMEOUT": "60"}) as responder:
        assert ask_every_worker(responder) == [200] * 4
        for outage in (1, 2):
            cluster.stop()
            try:
                assert ask_every_worker(responder) == [503] * 4
                assert ask_every_worker(responder) == [503] * 4
                assert len(entries(responder, "the database is away")) == outage
                assert all(line["why"] == "cannot connect" for line in entries(responder, "the database is away"))
            finally:
                cluster.start()
            wait_until(lambda want=4 * outage: reconnects(responder) == want, "every worker has connected again")
            assert len(entries(responder, "the database is back")) == outage
        assert len(entries(responder, "the database is away")) == 2
        assert total(scrape(responder), "todo_database_errors_total", 'error="unavailable"') >= 8


def test_a_statement_that_always_fails_is_no_flood(start_responder):
    responder = start_responder({"WORKERS": "4"})
    anna = responder.user()
    headers = [("Authorization", f"Bearer {anna.token}")]
    responder.sql("ALTER TABLE tasks RENAME COLUMN title TO name")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert {answer.status for answer in pool.map(lambda _: responder.call("GET", "/tasks", headers, None), range(60))} == {500}
    assert total(scrape(responder), "todo_database_errors_total", 'error="other"') == 60
    lines = entries(responder, "a statement failed")
    assert 1 <= len(lines) <= 15 and {line["sqlstate"] for line in lines} == {"42703"}
