"""CORS: off unless asked for; exact origins with credentials, or everybody without."""
import subprocess

import pytest

from harness import BINARY, PATIENCE

ORIGINS = ["https://app.example", "http://localhost:3000"]
EXPOSED = {"location", "link", "etag", "x-total-count", "x-request-id", "retry-after"}


@pytest.fixture(scope="module")
def exact(module_server):
    return module_server({"CORS_ORIGINS": ",".join(ORIGINS)})


@pytest.fixture(scope="module")
def everybody(module_server):
    return module_server({"CORS_ORIGINS": "*"})


def words(value):
    return {word.strip().lower() for word in (value or "").split(",")} - {""}


def cors_headers(answer):
    return {name for name, _ in answer.pairs if name.lower().startswith("access-control-")}


def preflight(server, path, method, headers="", origin=ORIGINS[0]):
    asked = {"Origin": origin, "Access-Control-Request-Method": method}
    return server.options(path, headers={**asked, **({"Access-Control-Request-Headers": headers} if headers else {})})


def test_cors_is_off_unless_asked_for(server, anna):
    for answer in (anna.get("/tasks", headers={"Origin": ORIGINS[0]}), preflight(server, "/tasks", "POST"),
                   server.get("/tasks", headers={"Origin": ORIGINS[0]})):
        assert not cors_headers(answer), answer


@pytest.mark.parametrize("origin", ORIGINS)
def test_an_exact_origin_may_read_with_credentials(exact, origin):
    anna = exact.user()
    for answer in (anna.get("/tasks", headers={"Origin": origin}), anna.post("/tasks", {"title": "x"}, headers={"Origin": origin})):
        assert answer.header("Access-Control-Allow-Origin") == origin
        assert answer.header("Access-Control-Allow-Credentials") == "true"
        assert "origin" in words(answer.header("Vary"))
        assert EXPOSED <= words(answer.header("Access-Control-Expose-Headers"))


def test_errors_too_can_be_read(exact):
    anna = exact.user()
    for answer in (exact.get("/tasks", headers={"Origin": ORIGINS[0]}), anna.get("/nothing", headers={"Origin": ORIGINS[0]}),
                   anna.post("/tasks", body=b"{", headers={"Origin": ORIGINS[0]}), anna.put("/tasks", headers={"Origin": ORIGINS[0]})):
        assert answer.status >= 400
        assert answer.header("Access-Control-Allow-Origin") == ORIGINS[0]
        assert "x-request-id" in words(answer.header("Access-Control-Expose-Headers"))


@pytest.mark.parametrize("origin", ["https://evil.example", "https://app.example.evil.com", "https://app.example:8443", "http://app.example", "null", "https://xapp.example", "https://APP.example2",
                                    "https://app.example/", "https://app.exampl", "", "*", "https://app.example,http://localhost:3000", "http://localhost:30000", "http://localhost"])
def test_another_origin_is_allowed_nothing(exact, origin):
    for answer in (exact.get("/healthz", headers={"Origin": origin}), preflight(exact, "/tasks", "POST", origin=origin)):
        assert answer.header("Access-Control-Allow-Origin") is None
        assert answer.header("Access-Control-Allow-Credentials") is None
        assert "origin" in words(answer.header("Vary"))


def test_the_answer_varies_by_origin_also_without_one(exact):
    answer = exact.get("/healthz")
    assert "origin" in words(answer.header("Vary")) and answer.header("Access-Control-Allow-Origin") is None


@pytest.mark.parametrize("path, methods", [("/tasks", "GET POST DELETE"), ("/tasks/01890a5d-ac96-774b-bcce-b302099a8057", "GET PUT PATCH DELETE"), ("/auth/login", "POST"), ("/auth/password", "PUT")])
def test_a_preflight_allows_every_method_of_the_path_and_the_headers_we_read(exact, path, methods):
    for method in methods.split():
        answer = preflight(exact, path, method, "authorization, content-type, if-match, if-none-match, x-request-id")
        assert (answer.status, answer.body) == (204, b"")
        assert answer.header("Access-Control-Allow-Origin") == ORIGINS[0]
        assert answer.header("Access-Control-Allow-Credentials") == "true"
        assert method.lower() in words(answer.header("Access-Control-Allow-Methods"))
        assert {"authorization", "content-type", "if-match", "if-none-match", "x-request-id"} <= words(answer.header("Access-Control-Allow-Headers"))
        assert answer.header("Allow") and "origin" in words(answer.header("Vary"))


def test_everybody_may_read_without_credentials(everybody):
    anna = everybody.user()
    for answer in (anna.get("/tasks", headers={"Origin": "https://who.example"}), preflight(everybody, "/tasks", "POST", "authorization")):
        assert answer.header("Access-Control-Allow-Origin") in ("*", "https://who.example")
        assert answer.header("Access-Control-Allow-Credentials") is None
    assert "authorization" in words(answer.header("Access-Control-Allow-Headers"))


@pytest.mark.parametrize("path", ["/nothing", "/api/v2/tasks", "/", "/tasks/1", "/auth/x/"])
def test_a_preflight_of_an_unknown_path_is_204_so_that_the_page_sees_its_404(exact, path):
    answer = preflight(exact, path, "PATCH", "authorization")
    assert (answer.status, answer.body) == (204, b"")
    assert answer.header("Access-Control-Allow-Origin") == ORIGINS[0]
    assert {"get", "head", "post", "put", "patch", "delete", "options"} <= words(answer.header("Access-Control-Allow-Methods"))
    if path != "/":
        assert exact.get(path, headers={"Origin": ORIGINS[0]}).status == 404
        assert preflight(exact, path, "PATCH", origin="https://evil.example").status == 404
        assert exact.options(path, headers={"Origin": ORIGINS[0]}).status == 404


def test_the_headers_that_were_asked_for_are_allowed(exact, everybody):
    for one in (exact, everybody):
        answer = preflight(one, "/tasks", "POST", "authorization,x-requested-with, cache-control,(bad),b@d,pragma")
        allowed = words(answer.header("Access-Control-Allow-Headers"))
        assert {"authorization", "content-type", "x-requested-with", "cache-control", "pragma"} <= allowed
        assert not {"(bad)", "b@d"} & allowed


@pytest.mark.parametrize("origins", ["null", "https://app.example/", "app.example", "HTTPS://app.example", "https://app.example,https://App.example", "https://app.example:443"])
def test_an_origin_that_can_never_match_is_refused_at_start(origins):
    done = subprocess.run([BINARY, "--check"], capture_output=True, text=True, timeout=PATIENCE,
                          env={"CORS_ORIGINS": origins, "DATABASE_URL": "host=/nonexistent", "JWT_SECRET": "x" * 16 + "y" * 16})
    assert done.returncode != 0
    assert "CORS_ORIGINS must be * or origins exactly as browsers send them" in done.stderr + done.stdout
