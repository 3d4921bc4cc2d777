"""The validator that the API tests call for every answer: passes what is right, catches what is wrong."""
import gzip
import json

import pytest

from validate import ContractError, validate_response

ID = "019a9f40-1b7e-7c33-9a52-6f0e8d7c4b21"
NOW = "2026-11-21T09:30:00.123456Z"
TASK = {
    "id": ID, "url": f"http://localhost/tasks/{ID}", "title": "Milk", "description": None, "completed": False,
    "priority": "medium", "tags": ["home"], "due_date": "2026-11-30", "order": None,
    "created_at": NOW, "updated_at": NOW, "completed_at": None,
}
JSON = {"Content-Type": "application/json", "X-Request-Id": "r1"}
READ = {**JSON, "Cache-Control": "private, no-cache", "ETag": '"v1"'}
LISTED = {**READ, "ETag": 'W/"v1"'}
NO_STORE = {**JSON, "Cache-Control": "no-store"}
PROBLEM = {**NO_STORE, "Content-Type": "application/problem+json"}
TOKENS = {"access_token": "a.b.c", "token_type": "bearer"}


def problem(status, code, **more):
    return {"type": "about:blank", "title": "No", "status": status, "code": code, "detail": "It is so.", "request_id": "r1", **more}


def answer(method, path, status, headers, body=None):
    validate_response(method, path, status, headers, b"" if body is None else json.dumps(body))


RIGHT = {
    "a task": ("GET", f"/tasks/{ID}", 200, READ, TASK),
    "a task with a time": ("GET", f"/tasks/{ID}", 200, READ, {**TASK, "due_date": "2026-11-30T18:00:00Z", "completed": True, "completed_at": NOW}),
    "a list with its next page": ("GET", "/tasks?limit=1", 200, {**LISTED, "Link": '<http://h/tasks?cursor=x>; rel="next"', "X-Total-Count": "2"}, [TASK]),
    "not modified": ("GET", "/tasks", 304, {key: LISTED[key] for key in ("X-Request-Id", "Cache-Control", "ETag")}),
    "HEAD": ("HEAD", "/tasks", 200, LISTED),
    "OPTIONS": ("OPTIONS", f"/tasks/{ID}/complete", 204, {**NO_STORE, "Allow": "OPTIONS, PATCH, POST"}),
    "a login": ("POST", "/auth/login", 200, NO_STORE, TOKENS),
    "a literal path goes before a parameter": ("GET", "/tasks/stats", 200, NO_STORE,
        {"total": 0, "completed": 0, "pending": 0, "overdue": 0, "by_priority": {"low": 0, "medium": 0, "high": 0}}),
    "a wrong value": ("POST", "/tasks", 422, PROBLEM, problem(422, "validation_failed", errors=[{"field": "title", "detail": "is needed"}])),
    "an unknown path": ("GET", "/nowhere", 404, PROBLEM, problem(404, "not_found")),
    "an id that is none": ("OPTIONS", "/tasks/7", 404, PROBLEM, problem(404, "not_found")),
    "another method": ("PUT", "/tags", 405, {**PROBLEM, "Allow": "GET, HEAD, OPTIONS"}, problem(405, "method_not_allowed")),
    "the web server's own": ("POST", "/tasks", 413, {"Content-Type": "application/problem+json"},
        {key: value for key, value in problem(413, "body_too_large").items() if key != "request_id"}),
    "an unknown path that is encoded": ("GET", "/tasks%2F7", 404, PROBLEM, problem(404, "not_found")),
    "a path that the web server mends": ("GET", f"/tags/..//%74asks/{ID}", 200, READ, TASK),
    "a page behind a path that the web server mends": ("GET", "/tasks/..%2f", 200, {}),
    "a file of the web server": ("GET", "/ui/app.js", 200, {}),
}

WRONG = {
    "a status that is not documented": ("GET", f"/tasks/{ID}", 201, READ, TASK),
    "an error inside the program": ("GET", "/tags", 500, PROBLEM, problem(500, "internal_error")),
    "409 where there is no conflict": ("PUT", f"/tasks/{ID}", 409, PROBLEM, problem(409, "id_taken")),
    "a method that is not documented": ("PUT", "/tags", 200, JSON, []),
    "a path that is not documented": ("GET", "/nowhere", 200, JSON, {}),
    "405 for an unknown path": ("PUT", "/nowhere", 405, {**PROBLEM, "Allow": "GET"}, problem(405, "method_not_allowed")),
    "404 for a known path": ("PUT", "/tags", 404, PROBLEM, problem(404, "not_found")),
    "a member too many": ("GET", f"/tasks/{ID}", 200, READ, {**TASK, "user_id": ID}),
    "a member too few": ("GET", f"/tasks/{ID}", 200, READ, {key: value for key, value in TASK.items() if key != "order"}),
    "a third member in a plain login": ("POST", "/auth/login", 200, NO_STORE, {**TOKENS, "id": ID}),
    "a title too long": ("GET", f"/tasks/{ID}", 200, READ, {**TASK, "title": "é" * 201}),
    "a title with a line end": ("GET", f"/tasks/{ID}", 200, READ, {**TASK, "title": "a\n"}),
    "an id in capitals": ("GET", f"/tasks/{ID}", 200, READ, {**TASK, "id": ID.upper()}),
    "a time with an offset": ("GET", f"/tasks/{ID}", 200, READ, {**TASK, "created_at": "2026-11-21T09:30:00+01:00"}),
    "a time in nanoseconds": ("GET", f"/tasks/{ID}", 200, READ, {**TASK, "created_at": "2026-11-21T09:30:00.123456789Z"}),
    "a day that does not exist": ("GET", f"/tasks/{ID}", 200, READ, {**TASK, "due_date": "2026-02-29"}),
    "a tag twice": ("GET", f"/tasks/{ID}", 200, READ, {**TASK, "tags": ["a", "a"]}),
    "a link that is not absolute": ("GET", f"/tasks/{ID}", 200, READ, {**TASK, "url": f"/tasks/{ID}"}),
    "an ETag missing": ("GET", f"/tasks/{ID}", 200, {key: value for key, value in READ.items() if key != "ETag"}, TASK),
    "a strong ETag on a list": ("GET", "/tasks", 200, READ, []),
    "a Link of another kind": ("GET", "/tasks", 200, {**LISTED, "Link": "<http://h/>; rel=prev"}, []),
    "a total that is no number": ("GET", "/tasks", 200, {**LISTED, "X-Total-Count": "many"}, []),
    "a header that is not documented here": ("GET", "/tags", 200, {**JSON, "Location": "http://h/"}, []),
    "no request id": ("GET", "/tags", 200, {"Content-Type": "application/json"}, []),
    "no Cache-Control": ("GET", "/auth/me", 200, JSON, {"id": ID, "email": "a@b.c", "created_at": NOW}),
    "a cache may keep it": ("GET", "/auth/sessions", 200, {**JSON, "Cache-Control": "max-age=60"}, []),
    "another media type": ("GET", "/tags", 200, {**JSON, "Content-Type": "text/html"}, []),
    "an error as plain JSON": ("GET", "/nowhere", 404, JSON, problem(404, "not_found")),
    "a body after HEAD": ("HEAD", "/tags", 200, JSON, []),
    "a body with 204": ("DELETE", f"/tasks/{ID}", 204, NO_STORE, {}),
    "an unknown code word": ("GET", "/nowhere", 404, PROBLEM, problem(404, "gone_fishing")),
    "a problem with another status": ("GET", "/nowhere", 404, PROBLEM, problem(400, "not_found")),
    "a problem of another request": ("GET", "/nowhere", 404, PROBLEM, problem(404, "not_found", request_id="r2")),
    "422 that lists nothing": ("POST", "/tasks", 422, PROBLEM, problem(422, "validation_failed")),
    "401 without a challenge": ("GET", "/tasks", 401, PROBLEM, problem(401, "invalid_token")),
    "503 without Retry-After": ("GET", "/tasks", 503, PROBLEM, problem(503, "unavailable")),
    "an Allow that lacks a method": ("PUT", "/tags", 405, {**PROBLEM, "Allow": "GET, OPTIONS"}, problem(405, "method_not_allowed")),
    "the web server's own as HTML": ("POST", "/tasks", 413, {"Content-Type": "text/html"}),
    "a status that no web server makes by itself": ("GET", "/tasks", 409, {"Content-Type": "application/problem+json"}, problem(409, "id_taken")),
}


@pytest.mark.parametrize("case", RIGHT.values(), ids=RIGHT)
def test_passes(case):
    answer(*case)


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG)
def test_catches(case):
    with pytest.raises(ContractError):
        answer(*case)


@pytest.mark.parametrize("body", ['{"status":"ok","status":"ok"}', '{"status":"ok"', "NaN", '{"status":"ok"} x', b"\xff"])
def test_catches_what_is_not_json(body):
    with pytest.raises(ContractError, match="not JSON"):
        validate_response("GET", "/healthz", 200, JSON, body)


def test_compressed_answers_are_read():
    headers = {**READ, "Content-Encoding": "gzip"}
    validate_response("GET", f"/tasks/{ID}", 200, headers, gzip.compress(json.dumps(TASK).encode()))
    with pytest.raises(ContractError, match="required"):
        validate_response("GET", f"/tasks/{ID}", 200, headers, gzip.compress(b"{}"))


def test_headers_may_come_as_pairs():
    validate_response("GET", "/healthz", 200, list(JSON.items()), b'{"status":"ok"}')
