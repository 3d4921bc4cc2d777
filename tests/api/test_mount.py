"""The service under any mount: links follow SCRIPT_NAME, the forwarded scheme and Host."""
import pytest

import fcgi
from listing import LINK, query, walk


@pytest.fixture(params=["", "/api/v1", "/todo.fcgi", "/a%20b"])
def mounted(request, responder, monkeypatch):
    monkeypatch.setattr(type(responder), "mount", request.param)
    return responder


def test_every_link_begins_with_the_mount(mounted):
    base = mounted.base + mounted.mount
    signup = mounted.post("/auth/signup", {"email": mounted.fresh_email(), "password": "long enough"})
    assert signup.header("Location") == base + "/auth/me"
    anna = mounted.user()
    made = anna.post("/tasks", {"title": "x"})
    assert made.header("Location") == made.json["url"] == f"{base}/tasks/{made.json['id']}"
    anna.post("/tasks", [{"title": "x"}] * 4)
    assert LINK.fullmatch(anna.get("/tasks?limit=2").header("Link"))[1].startswith(base + "/tasks?")
    assert len(walk(anna, query(limit=2))) == 5


def test_the_cookies_path_is_the_mounts_auth(mounted):
    anna = mounted.user()
    cookie = mounted.login(anna.email, refresh="cookie").header("Set-Cookie")
    cleared = anna.post("/auth/logout", headers={"Cookie": cookie.split(";")[0]}).header("Set-Cookie")
    for one in (cookie, cleared):
        assert f"Path={mounted.mount}/auth" in [part.strip() for part in one.split(";")]


@pytest.mark.parametrize("more, base", [
    ({}, "http://todo.test"), ({"HTTP_HOST": "todo.example:8443"}, "http://todo.example:8443"), ({"HTTP_X_FORWARDED_PROTO": "https"}, "https://todo.test"),
    ({"HTTPS": "on"}, "https://todo.test"), ({"REQUEST_SCHEME": "https"}, "https://todo.test"), ({"HTTP_HOST": "[::1]:8080"}, "http://[::1]:8080")])
def test_scheme_and_host_are_those_of_the_client(responder, more, base):
    anna = responder.user()
    values = fcgi.params("POST", "/tasks", [("Authorization", f"Bearer {anna.token}"), ("Content-Type", "application/json")], b'{"title":"x"}', **more)
    answer = fcgi.request(responder.socket, values, b'{"title":"x"}')
    assert answer.status == 201
    assert answer.header("Location") == answer.json["url"] == f"{base}/tasks/{answer.json['id']}"


def test_where_the_server_sends_no_path_info_base_path_names_the_mount(start_responder):
    responder = start_responder({"BASE_PATH": "/api"})
    anna = responder.user()
    values = fcgi.params("POST", "/tasks", [("Authorization", f"Bearer {anna.token}"), ("Content-Type", "application/json")], b'{"title":"x"}',
                         SCRIPT_NAME="/api/tasks", PATH_INFO="", REQUEST_URI="/api/tasks")
    answer = fcgi.request(responder.socket, values, b'{"title":"x"}')
    assert answer.status == 201
    assert answer.header("Location") == f"http://todo.test/api/tasks/{answer.json['id']}"
