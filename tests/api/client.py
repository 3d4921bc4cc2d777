"""The tests' HTTP client: one call, one Response, every answer held against the OpenAPI document."""
import contextlib
import functools
import gzip
import http.client
import importlib.util
import itertools
import json
import pathlib
import secrets
import time

numbers = itertools.count(1)
PASSWORD = "correct horse battery"


class Response:
    """An answer: status, headers (names in any case), body."""

    def __init__(self, status, headers, body):
        self.status = status
        self.pairs = list(headers)
        self.body = body

    def all(self, name):
        return [value for key, value in self.pairs if key.lower() == name.lower()]

    def header(self, name):
        """The one value, or None; a header sent twice is a fault."""
        values = self.all(name)
        assert len(values) <= 1, f"{name} came {len(values)} times: {values}"
        return values[0] if values else None

    @functools.cached_property
    def json(self):
        return json.loads(self.body)

    @property
    def etag(self):
        return self.header("ETag")

    def __repr__(self):
        return f"<{self.status} {self.pairs} {self.body[:2000]!r}>"


@functools.cache
def document():
    """tests/openapi/validate.py, by its path: it stands in no package."""
    path = pathlib.Path(__file__).resolve().parents[1] / "openapi" / "validate.py"
    spec = importlib.util.spec_from_file_location("openapi_validate", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def over_http(port, method, path, headers, body):
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        link.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers:
            link.putheader(name, value)
        if body is not None or method in ("POST", "PUT", "PATCH"):
            link.putheader("Content-Length", str(len(body or b"")))
        link.endheaders()
        with contextlib.suppress(ConnectionError):  # refused before it was read: the answer is there
            link.send(body or b"")
        answer = link.getresponse()
        return Response(answer.status, answer.getheaders(), answer.read())
    finally:
        link.close()


TURN_AWAY = b"Too many people are signing in at this moment"


class Calls:
    """get, post, … for whatever has call(method, path, headers, body)."""
    token = None
    mount = ""

    def request(self, method, path, data=None, *, token=None, headers=(), body=None, media=None):
        """data: sent as JSON; body: bytes sent as they are; token: overrides the user's own."""
        headers = list(headers.items() if isinstance(headers, dict) else headers)
        if data is not None:
            body = json.dumps(data).encode()
        if body is not None:
            headers.append(("Content-Type", media or "application/json"))
        token = token or self.token
        if token:
            headers.append(("Authorization", f"Bearer {token}"))
        answer = self.call(method, path, headers, body)
        while answer.status == 503 and TURN_AWAY in answer.body:
            time.sleep(0.01)  # a busy moment of /auth: a client asks again
            answer = self.call(method, path, headers, body)
        document().validate_response(method, path, answer.status, answer.pairs, answer.body)
        if answer.body and answer.header("Content-Encoding") == "gzip":
            answer.body = gzip.decompress(answer.body)
        return answer

    def __getattr__(self, name):
        if name in ("get", "head", "post", "put", "patch", "delete", "options"):
            return functools.partial(self.request, name.upper())
        raise AttributeError(name)

    def user(self, **login):
        """A new user, signed up and signed in."""
        return User(self, **login)

    def fresh_email(self):
        return f"user{next(numbers)}-{secrets.token_hex(6)}@example.com"

    def login(self, email, password=PASSWORD, headers=(), **more):
        return self.post("/auth/login", {"email": email, "password": password, **more}, headers=headers)


class User(Calls):
    """Somebody with an account and an access token."""

    def __init__(self, server, password=PASSWORD, **login):
        self.server = server
        self.password = password
        self.email = server.fresh_email()
        account = server.post("/auth/signup", {"email": self.email, "password": password})
        assert account.status == 201, account
        self.id = account.json["id"]
        answer = server.login(self.email, password, **login)
        assert answer.status == 200, answer
        self.session = answer.json
        self.token = answer.json["access_token"]

    def call(self, method, path, headers, body):
        return self.server.call(method, path, headers, body)

    def task(self, **members):
        """Makes a task and returns it."""
        answer = self.post("/tasks", {"title": "Buy milk", **members})
        assert answer.status == 201, answer
        return answer.json

    def titles(self, query=""):
        answer = self.get(f"/tasks{query}")
        assert answer.status == 200, answer
        return [task["title"] for task in answer.json]


def check_problem(answer, status, code=None, fields=None):
    """One problem body of the contract; fields: exactly the fields that must be named."""
    assert answer.status == status, answer
    assert answer.header("Content-Type").split(";")[0] == "application/problem+json", answer
    problem = answer.json
    expected = {"type", "title", "status", "code", "detail", "request_id"}
    assert set(problem) - {"errors", "errors_left_out"} == expected, problem
    assert ("errors" in problem) == (status == 422), problem
    assert problem["status"] == status
    assert problem["request_id"] == answer.header("X-Request-Id")
    assert isinstance(problem["detail"], str) and problem["detail"].strip(), problem
    assert code is None or problem["code"] == code, problem
    for error in problem.get("errors", []):
        assert set(error) == {"field", "detail"} and error["detail"], problem
    if status == 422:
        assert problem["errors"] and problem["code"] == "validation_failed", problem
    if fields is not None:
        assert sorted({error["field"] for error in problem["errors"]}) == sorted(fields), problem
    if status == 401:
        assert 'Bearer realm="todo"' in answer.header("WWW-Authenticate"), answer
    return problem


def check_away(answer):
    check_problem(answer, 503)
    assert int(answer.header("Retry-After")) > 0, answer


def check_token_refused(answer):
    check_problem(answer, 401, "invalid_token")
    challenge = answer.header("WWW-Authenticate")
    assert 'error="invalid_token"' in challenge and "error_description=" in challenge, answer
