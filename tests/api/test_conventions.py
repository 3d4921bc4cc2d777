"""What holds for every call: problems, request ids, methods, caching, limits of size and type."""
import json
import re
import subprocess

import pytest

from client import check_problem
from harness import BINARY, PATIENCE, wait_until

UNKNOWN_ID = "01890a5d-ac96-774b-bcce-b302099a8057"


def routes():
    """(method, path, access) as todo.fcgi --routes prints them."""
    done = subprocess.run([BINARY, "--routes"], capture_output=True, text=True, check=True, timeout=PATIENCE)
    return [tuple(line.split()[:3]) for line in done.stdout.splitlines() if line.strip()]


def concrete(path):
    return re.sub(r"\{[^}]+\}|:[a-z_]+", UNKNOWN_ID, path)


def methods_by_path():
    found = {}
    for method, path, _ in routes():
        found.setdefault(path, {"OPTIONS"}).update({method, "HEAD"} if method == "GET" else {method})
    return found


CONTRACT = {
    ("POST", "/auth/signup", "public"), ("POST", "/auth/login", "public"),
    ("POST", "/auth/refresh", "public"), ("POST", "/auth/logout", "user"), ("GET", "/auth/me", "user"),
    ("DELETE", "/auth/me", "user"), ("GET", "/auth/sessions", "user"),
    ("DELETE", "/auth/sessions/{id}", "user"), ("PUT", "/auth/password", "user"),
    ("GET", "/tasks", "user"), ("POST", "/tasks", "user"), ("DELETE", "/tasks", "user"),
    ("GET", "/tasks/{id}", "user"), ("PUT", "/tasks/{id}", "user"), ("PATCH", "/tasks/{id}", "user"),
    ("DELETE", "/tasks/{id}", "user"), ("PATCH", "/tasks/{id}/complete", "user"),
    ("POST", "/tasks/{id}/complete", "user"), ("GET", "/tasks/stats", "user"), ("GET", "/tags", "user"),
    ("GET", "/healthz", "public"), ("GET", "/readyz", "public"), ("GET", "/metrics", "public"),
    ("GET", "/openapi.json", "public"), ("GET", "/docs", "public"),
}


def test_the_route_table_is_the_contract():
    assert set(routes()) == CONTRACT


def test_every_user_route_refuses_who_has_no_token(server):
    for method, path, access in routes():
        if access == "user":
            answer = server.request(method, concrete(path))
            check_problem(answer, 401)
            assert "error=" not in answer.header("WWW-Authenticate"), path


def test_options_answers_204_with_every_allowed_method(server):
    for path, methods in methods_by_path().items():
        answer = server.options(concrete(path))
        assert (answer.status, answer.body) == (204, b""), path
        assert {one.strip() for one in answer.header("Allow").split(",")} == methods, path


def test_another_method_on_a_known_path_is_405_with_allow(server, anna):
    for path, methods in methods_by_path().items():
        for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} - methods:
            for who in (server, anna):
                answer = who.request(method, concrete(path))
                assert answer.status == 405, (method, path)
                assert {one.strip() for one in answer.header("Allow").split(",")} == methods
                if method != "HEAD":
                    check_problem(answer, 405)


@pytest.mark.parametrize("method", ["TRACE", "FOO", "get", "PROPFIND", "QUERY", "LOCK"])
def test_a_method_that_nothing_knows_is_refused_as_a_problem(server, anna, method):
    for who in (server, anna):
        answer = who.request(method, "/tasks")
        assert answer.status in (400, 405, 501), answer
        assert answer.header("Content-Type").split(";")[0] == "application/problem+json"


@pytest.mark.parametrize("path", [
    "/nothing", "/nothing/", "/auth", "/auth/", "/auth/me/x", "/Tasks", "/TASKS/stats", "/api/tasks",
    "/taskss", "/tasks/%20", f"/tasks/{UNKNOWN_ID}/other", "/healthz/x",
    "/tasks/stats/x", "/%C3%A9", "/tasks;x"])
def test_an_unknown_path_is_404_for_every_method(server, anna, path):
    for method in ("GET", "POST", "OPTIONS"):
        check_problem(server.request(method, path), 404)
    check_problem(anna.get(path), 404)


@pytest.mark.parametrize("word", ["stat", "not-a-uuid", "1", UNKNOWN_ID + "0", UNKNOWN_ID[:-1], "%00",
                                  "{" + UNKNOWN_ID + "}", UNKNOWN_ID.replace("-", ""), "0" * 300])
def test_what_is_no_task_id_is_404_or_refused_by_the_web_server(anna, word):
    answer = anna.get(f"/tasks/{word}")
    assert answer.status == (400 if "%" in word else 404) or answer.status == 404, answer


def test_every_get_answers_head_alike_without_the_body(server, anna):
    task = anna.task()
    varying = {"date", "x-request-id", "content-length", "connection", "transfer-encoding"}
    for method, path, _ in routes():
        if method != "GET":
            continue
        path = path.replace("{id}", task["id"])
        got, head = anna.get(path), anna.head(path)
        assert (head.status, head.body) == (got.status, b""), path

        def kept(answer):
            return {name.lower(): value for name, value in answer.pairs if name.lower() not in varying}
        if path != "/metrics":
            assert kept(head) == kept(got), path
        length = head.header("Content-Length")
        assert length in (None, str(len(got.body))) or path == "/metrics", path


@pytest.mark.parametrize("sent", ["a", "A-Za-z0-9._-", "0" * 64, "..", "550e8400-e29b-41d4-a716-446655440000"])
def test_the_clients_own_request_id_comes_back_and_is_logged(server, sent):
    answer = server.get("/nothing", headers={"X-Request-Id": sent})
    assert answer.header("X-Request-Id") == sent
    assert check_problem(answer, 404)["request_id"] == sent
    wait_until(lambda: f"request_id={sent} " in server.log(), "the line is in the log")


@pytest.mark.parametrize("sent", ["0" * 65, "a b", "a/b", "<b>", "a,b", "é", "", "a\tb", "x" * 5000, "a=b"])
def test_another_request_id_is_replaced(server, sent):
    headers = {"X-Request-Id": sent.encode()}
    made = [server.get("/healthz", headers=headers).header("X-Request-Id") for _ in range(2)]
    assert made[0] != made[1]
    for one in made:
        assert re.fullmatch(r"[A-Za-z0-9._-]{1,64}", one) and one != sent


def test_success_too_carries_a_request_id(server, anna):
    for answer in (server.get("/healthz"), anna.get("/tasks"), anna.options("/tasks"), anna.post("/tasks", {"title": "x"})):
        assert re.fullmatch(r"[A-Za-z0-9._-]{1,64}", answer.header("X-Request-Id"))


def test_nothing_below_auth_and_tasks_may_be_stored_by_caches(server, anna):
    task = anna.task()
    for path in ("/tasks", f"/tasks/{task['id']}"):
        answer = anna.get(path)
        assert answer.etag and answer.header("Cache-Control") == "private, no-cache"
    for answer in (anna.get("/auth/me"), anna.get("/auth/sessions"), anna.get("/tasks/stats"),
                   anna.delete(f"/tasks/{task['id']}"), anna.get(f"/tasks/{UNKNOWN_ID}"),
                   anna.put("/tasks"), anna.get("/auth/nothing"), server.get("/tasks"),
                   server.post("/auth/login", {}), server.login(anna.email),
                   server.post("/auth/login", body=b"[")):
        wanted = "private, no-cache" if answer.etag else "no-store"
        assert answer.header("Cache-Control") == wanted, answer


def padded(size):
    """A task as a JSON body of exactly so many bytes."""
    body = json.dumps({"title": "x"}).encode()
    return body + b" " * (size - len(body))


def test_a_body_may_be_one_mebibyte_and_not_one_byte_more(anna):
    assert anna.post("/tasks", body=padded(1 << 20)).status == 201
    check_problem(anna.post("/tasks", body=padded((1 << 20) + 1)), 413)
    assert len(anna.titles()) == 1


def test_the_limit_of_a_body_is_a_setting(start_server):
    anna = start_server({"MAX_BODY": "2000"}).user()
    assert anna.post("/tasks", body=padded(2000)).status == 201
    check_problem(anna.post("/tasks", body=padded(2001)), 413)


def test_a_huge_body_is_413_as_a_problem(anna):
    answer = anna.post("/tasks", body=padded(20 << 20))
    assert answer.status == 413
    assert answer.header("Content-Type").startswith("application/problem+json")
    assert (answer.json["status"], bool(answer.json["detail"])) == (413, True)


def chunked(server, token, pieces):
    head = f"POST /tasks HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n" \
           "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return server.raw(head.encode() + body + b"0\r\n\r\n")


def test_a_chunked_body_is_read_like_another(server, anna):
    assert b" 201 " in chunked(server, anna.token, [b'{"tit', b'le":"in ', b'pieces"}']).split(b"\r\n")[0]
    assert anna.titles() == ["in pieces"]
    assert b" 413 " in chunked(server, anna.token, [padded((1 << 20) + 1)]).split(b"\r\n")[0]


@pytest.mark.parametrize("size, status", [(8192, 404), (8193, 414)])
def test_an_address_may_be_8192_bytes_long(server, size, status):
    check_problem(server.get("/" + "a" * (size - 1)), status)


def test_headers_beyond_the_web_servers_limit_are_431_as_a_problem(server):
    answer = server.get("/healthz", headers={"X-Long": "x" * 60000})
    assert answer.status == 431
    assert (answer.header("Content-Type").split(";")[0], answer.json["status"]) == ("application/problem+json", 431)


@pytest.mark.parametrize("media", ["application/json", "application/json; charset=utf-8", "Application/JSON",
                                   "application/json;charset=UTF-8"])
def test_a_body_of_type_json_is_read(anna, media):
    assert anna.post("/tasks", body=b'{"title":"x"}', media=media).status == 201


@pytest.mark.parametrize("media", ["text/plain", "application/xml", "application/x-www-form-urlencoded", "json",
                                   "multipart/form-data; boundary=x", "application/jsonp", "text/json,application/json"])
def test_a_body_of_another_type_is_415(server, anna, media):
    task = anna.task()
    body = b'{"title":"x"}'
    calls = [("POST", "/tasks"), ("PUT", f"/tasks/{task['id']}"), ("PATCH", f"/tasks/{task['id']}"),
             ("PUT", "/auth/password"), ("DELETE", "/auth/me"), ("POST", "/auth/signup"), ("POST", "/auth/refresh")]
    for method, path in calls:
        check_problem(anna.request(method, path, body=body, media=media), 415)
    assert anna.titles() == ["Buy milk"]


@pytest.mark.parametrize("path", ["/tasks", "/tasks/stats", "/tags", "/auth/me", "/auth/sessions", f"/tasks/{UNKNOWN_ID}"])
def test_an_unknown_query_parameter_is_422_and_named(anna, path):
    check_problem(anna.get(path + "?colour=red&shape=round"), 422, fields=["colour", "shape"])


def test_an_unknown_query_parameter_stops_a_write(server, anna):
    anna.task()
    check_problem(anna.post("/tasks?dry_run=true", {"title": "x"}), 422, fields=["dry_run"])
    check_problem(anna.delete("/tasks?tagg=x"), 422, fields=["tagg"])
    body = {"email": server.fresh_email(), "password": "long enough"}
    check_problem(server.post("/auth/signup?x=1", body), 422, fields=["x"])
    assert server.login(body["email"], body["password"]).status == 401
    assert anna.titles() == ["Buy milk"]


@pytest.mark.parametrize("query", ["q=%zz", "q=%", "q=%2", "%zz=1", "q=a%g0b"])
def test_a_malformed_percent_encoding_is_400(responder, query):
    check_problem(responder.user().get(f"/tasks?{query}"), 400)


@pytest.mark.parametrize("query", ["q=%ff", "q=%c0%af", "q=%ed%a0%80", "q=%00", "tag=a%00b", "tag=%ff", "cursor=%ff",
                                   "due_before=%00", "sort=%ff", "%ff=1", "q=%f5%80%80%80"])
def test_a_query_that_is_no_text_is_refused(anna, query):
    answer = anna.get(f"/tasks?{query}")
    check_problem(answer, answer.status)
    assert answer.status in (400, 422)


def test_problems_tell_nothing_of_the_inside(anna):
    answers = [anna.get("/tasks?q=%00"), anna.post("/tasks", {"title": "\0"}), anna.get("/tasks?cursor=';--"),
               anna.post("/tasks", body=b"{"), anna.get("/tasks/'%20OR%201=1")]
    for answer in answers:
        text = answer.body.decode().lower()
        for word in ("select ", "insert ", "postgres", "sqlstate", "cjson", "libpq", "/work", ".c:", "syntax error at"):
            assert word not in text, answer
