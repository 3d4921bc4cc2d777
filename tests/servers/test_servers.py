"""What each server does by itself: paths, limits, buffering, compression, pages, a responder that is away."""
import concurrent.futures
import json
import re
import socket
import time

import pytest

import behind
import client
import fcgi
import harness
from client import check_problem
from test_conventions import padded, routes

COOKIE_PATH = re.compile(r"; *Path=([^;]*)")
FAR_TOO_LARGE = 20 << 20  # above what the servers themselves let through


def check_refusal(answer, *statuses):
    """A problem body of the app or of the server: only the request id may be missing."""
    assert answer.status in statuses, answer
    assert answer.header("Content-Type").split(";")[0] == "application/problem+json", answer
    problem = json.loads(answer.body)
    assert problem["status"] == answer.status and problem["code"] and problem["detail"], problem


def test_every_link_and_cookie_begins_with_the_mount(server):
    signup = server.post("/auth/signup", {"email": server.fresh_email(), "password": "long enough"})
    assert signup.header("Location") == server.base + "/auth/me"
    anna = server.user()
    made = anna.post("/tasks", {"title": "x"})
    assert made.header("Location") == made.json["url"] == f"{server.base}/tasks/{made.json['id']}"
    anna.post("/tasks", [{"title": "x"}] * 4)
    assert f"<{server.base}/tasks?" in anna.get("/tasks?limit=2").header("Link")
    for headers, name in [({}, "refresh_token"), ({"X-Forwarded-Proto": "https"}, "__Secure-refresh_token")]:
        cookie = server.login(anna.email, refresh="cookie", headers=headers).header("Set-Cookie")
        assert COOKIE_PATH.search(cookie)[1] == server.prefix + "/auth"
        assert cookie.startswith("__Secure-") == name.startswith("__Secure-")


def test_a_refresh_cookie_comes_through_and_back(server, anna):
    cookie = server.login(anna.email, refresh="cookie").header("Set-Cookie").split(";")[0]
    answer = server.post("/auth/refresh", {}, headers={"Cookie": cookie})
    assert answer.status == 200 and answer.header("Set-Cookie").split(";")[0] != cookie


def test_every_get_answers_head_alike(server, anna):
    task = anna.task()
    for method, path, _ in routes():
        if method == "GET":
            path = path.replace("{id}", task["id"])
            got, head = anna.get(path), anna.head(path)
            assert (head.status, head.body, head.etag) == (got.status, b"", got.etag), path
            assert head.header("Content-Type") == got.header("Content-Type")


@pytest.mark.parametrize("method", ["TRACE", "FOO", "get", "PROPFIND", "LOCK"])
def test_a_method_that_nothing_knows_is_refused(server, method):
    check_refusal(server.call(method, "/tasks", [], None), 400, 405, 501)


@pytest.mark.parametrize("path", ["/a%2fb", "/%00", "/%zz", "/%ff", "//tasks", "/./tasks", "/tasks/%2e%2e/tags", "/tasks%2f..%2ftags",
                                  "/tasks/../tags", "/" + "x" * 300])
def test_an_odd_path_is_refused(server, anna, path):
    answer = server.call("GET", path, [("Authorization", f"Bearer {anna.token}")], None)
    # Apache looks for a file of that name, and 300 letters are more than a file system takes.
    check_refusal(answer, 400, 403, 404) if len(path) > 255 else check_refusal(answer, 400, 404)


def test_a_query_reaches_the_app_as_it_was_sent(anna):
    anna.task(title="a+b %26 ü /?")
    assert len(anna.get("/tasks?q=a%2Bb%20%2526%20%c3%bc%20%2f").json) == 1
    assert anna.get("/tasks?q=a+b").json == []
    check_problem(anna.get("/tasks?q=%zz"), 400)


@pytest.mark.parametrize("size, status", [(8192, 422), (8193, 414)])
def test_an_address_may_be_8192_bytes_long(server, anna, size, status):
    path = "/tasks?limit="
    check_problem(anna.get(path + "x" * (size - len(server.prefix + path))), status)


def test_headers_may_be_16_kibibytes_and_far_too_many_are_refused(server):
    assert server.get("/healthz", headers={"X-Long": "x" * 8000, "X-Other": "x" * 8000}).status == 200
    check_refusal(server.call("GET", "/healthz", [("X-Long", "x" * 60000)], None), 431, 400)  # 400: Apache


def chunked(server, token, pieces):
    head = f"POST {server.prefix}/tasks HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n" \
           "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return int(server.raw(head.encode() + body + b"0\r\n\r\n").split(b" ", 2)[1])


def test_a_chunked_body_is_read_like_another(server, anna):
    assert chunked(server, anna.token, [b'{"tit', b'le":"in ', b'pieces"}']) == 201
    assert anna.titles() == ["in pieces"]
    assert chunked(server, anna.token, [padded(1 << 20)]) == 201
    assert chunked(server, anna.token, [padded((1 << 20) + 1)]) == 413


@pytest.mark.parametrize("size", [60_000, 100_000, 8 << 20, FAR_TOO_LARGE])
def test_a_body_of_any_size_is_answered(anna, size):
    answer = anna.post("/tasks", body=padded(size))
    assert answer.status == (201 if size <= 1 << 20 else 413), answer
    assert size <= 1 << 20 or answer.json["status"] == 413
    assert len(anna.titles()) == (answer.status == 201)


def test_a_large_answer_comes_whole(anna):
    tasks = [{"title": "x", "description": "long " * 1900} for _ in range(200)]
    assert anna.post("/tasks", body=json.dumps(tasks[:100]).encode()).status == 201
    assert anna.post("/tasks", body=json.dumps(tasks[100:]).encode()).status == 201
    assert [len(task["description"]) for task in anna.get("/tasks?limit=200").json] == [9500] * 200


def test_etags_survive_the_servers_compression(anna):
    made = anna.post("/tasks", {"title": "x", "description": "long " * 1000})
    path = f"/tasks/{made.json['id']}"
    packed = {"Accept-Encoding": "gzip"}
    got = anna.get(path, headers=packed)
    assert got.header("Content-Encoding") == "gzip" and got.json == made.json
    assert got.etag != made.etag, "the server marks what it has compressed"
    assert anna.get(path, headers={**packed, "If-None-Match": got.etag}).status == 304
    assert anna.patch(path, {"order": 1}, headers={**packed, "If-Match": got.etag}).status == 200
    check_problem(anna.patch(path, {"order": 2}, headers={**packed, "If-Match": got.etag}), 412)
    assert anna.get(path).json["order"] == 1
    listed = anna.get("/tasks", headers=packed)
    assert listed.header("Content-Encoding") == "gzip"
    assert anna.get("/tasks", headers={**packed, "If-None-Match": listed.etag}).status == 304


def test_answers_that_hold_a_token_are_not_compressed(server, anna):
    answer = server.login(anna.email, refresh=True, headers={"Accept-Encoding": "gzip"})
    assert answer.status == 200 and answer.header("Content-Encoding") is None


def test_a_page_and_its_parts_are_served_below_the_mount(server):
    page = server.call("GET", "/", [], None)
    assert page.status == 200 and page.header("Content-Type").lower() == "text/html; charset=utf-8"
    for answer in (page, server.call("GET", "/ui/main.js", [], None)):
        assert answer.status == 200
        assert answer.header("Content-Security-Policy").startswith("default-src 'none'; script-src 'self'; style-src 'self';")
        assert (answer.header("Cache-Control"), answer.header("X-Content-Type-Options"), answer.header("Referrer-Policy")) == \
            ("no-cache", "nosniff", "no-referrer")
    assert "javascript" in answer.header("Content-Type")
    parts = re.findall(r'(?:src|href)="(ui/[^"]+)"', page.body.decode())
    assert parts
    for part in parts:
        assert server.call("GET", "/" + part, [], None).status == 200, part
    check_refusal(server.call("GET", "/ui/none", [], None), 404)
    assert server.get("/docs").all("Content-Security-Policy") != []
    for name in ("Content-Security-Policy", "Cache-Control", "X-Content-Type-Options", "Referrer-Policy"):
        assert len(server.get("/docs").all(name)) <= 1, name


def test_what_only_begins_like_the_mount_is_not_the_apps(server):
    """At the root there is nothing beside the app, so there it is an unknown path of the app."""
    beside = client.over_http(server.port, "GET", (server.prefix or "/todo") + "s/healthz", [], None)
    check_refusal(beside, 403, 404)
    if server.prefix:
        assert beside.header("X-Request-Id") is None
        bare = client.over_http(server.port, "GET", server.prefix, [], None)
        assert bare.status in (301, 308) and bare.header("Location").endswith(server.prefix + "/")


def begin_upload(server, token):
    """An upload that stays where it is."""
    link = socket.create_connection(("127.0.0.1", server.port), harness.PATIENCE)
    link.sendall(f"POST {server.prefix}/tasks HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
                 "Content-Type: application/json\r\nContent-Length: 13\r\n\r\n".encode() + b'{"title"')
    return link


@pytest.mark.parametrize("kind", behind.KINDS)
def test_slow_uploads_hold_no_worker(start, kind):
    """Six of them against two workers: others are answered meanwhile, and the uploads when they go on."""
    server = start(kind, {"WORKERS": "2", "REQUEST_TIMEOUT": "60"})
    anna = server.user()
    links = [begin_upload(server, anna.token) for _ in range(6)]
    began = time.monotonic()
    for _ in range(10):
        assert anna.get("/tasks").status == 200
    assert time.monotonic() - began < 50, "below the 60 s after which a worker drops a request that does not go on"
    for link in links:
        link.sendall(b':"x"}')
        with link.makefile("rb") as answer:
            assert b" 201 " in answer.readline()
        link.close()


@pytest.mark.parametrize("mount", ["", "/apps/todo"])
@pytest.mark.parametrize("kind", [behind.LighttpdActivated, behind.NginxActivated, behind.ApacheProxyActivated])
def test_passwords_go_to_workers_of_their_own_and_nothing_else_does(start, kind, mount):
    server = start(kind, mount=mount)
    anna = server.user()
    with harness.standing_still(server.workers()):
        assert server.post("/auth/signup", {"email": server.fresh_email(), "password": "long enough"}).status == 201
        assert server.login(anna.email).status == 200
        assert anna.put("/auth/password", {"current_password": "wrong", "new_password": "long enough"}).status == 403
    with harness.standing_still(server.auth_workers()):
        for path in ("/auth/me", "/auth/sessions", "/tasks", "/healthz"):
            assert anna.get(path).status == 200
        check_problem(server.get("/auth/login/more"), 404)


def test_through_nginx_no_request_is_lost_under_load(start):
    """More clients than workers, each with reads and writes."""
    server = start("nginx", {"WORKERS": "2"})
    users = [server.user() for _ in range(8)]

    def work(user):
        for _ in range(25):
            assert user.post("/tasks", {"title": "x"}).status == 201
            assert user.get("/tasks?limit=1").status == 200
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(work, users))
    assert all(len(user.titles("?limit=200")) == 25 for user in users)


def test_connections_that_nginx_would_keep_pin_no_worker(start):
    """With a store of connections more than there are workers, each idle one would hold a worker for ever."""
    server = start(behind.NginxKeepAlive, {"WORKERS": "2", "REQUEST_TIMEOUT": "60"})
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: server.get("/healthz").status, range(64))) <= {200, 502}
    began = time.monotonic()
    for _ in range(8):
        assert fcgi.request(server.socket, fcgi.params("GET", "/healthz")).status == 200
    assert time.monotonic() - began < 50, "nobody waits for a worker"


@pytest.mark.parametrize("kind", ["lighttpd-socket", "apache-proxy", "nginx"])
def test_a_responder_that_is_away_is_a_problem_and_comes_back(start, kind):
    server = start(kind)
    server.responder[0].terminate()
    server.responder[0].wait(harness.PATIENCE)
    check_refusal(server.call("GET", "/healthz", [], None), 502, 503)
    server.responder = server.start_responder()
    server.wait_ready("/healthz")
    assert server.user().task()


def test_mod_fcgid_takes_long_settings_by_their_files(start, cluster):
    """DATABASE_URL of more than the 255 bytes that FcgidInitialEnv would leave of it."""
    url = cluster.url(cluster.new_database()) + "&application_name=" + "long" * 100
    server = start("apache-fcgid", {"DATABASE_URL": url})
    assert server.user().task()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: server.get("/readyz").status, range(40)))
    assert answers == [200] * 40
