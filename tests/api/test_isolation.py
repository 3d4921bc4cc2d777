"""Two users, every route: whatever the one does, the other's things stay as they are and unseen."""
import pytest

from client import PASSWORD, check_problem
from test_conventions import routes

SECRET_WORD = "very private words"
NEW_TASK = {"title": "Bert's"}


def tries(route, anna):
    """What Bert may try on a route: [(path, body, expected statuses)]. A route not known here fails."""
    task, session = anna.task_made["id"], anna.session_id
    mine = {"id": task, "title": "Bert's"}
    return {
        ("POST", "/auth/signup"): [("/auth/signup", {"email": anna.email, "password": PASSWORD}, {409})],
        ("POST", "/auth/login"): [("/auth/login", {"email": anna.email, "password": "a guess of mine"}, {401})],
        ("POST", "/auth/refresh"): [("/auth/refresh", {"refresh_token": anna.session_id}, {401})],
        ("POST", "/auth/logout"): [("/auth/logout", {"everywhere": True}, {204})],
        ("GET", "/auth/me"): [("/auth/me", None, {200})],
        ("DELETE", "/auth/me"): [("/auth/me", {"password": PASSWORD}, {204})],
        ("GET", "/auth/sessions"): [("/auth/sessions", None, {200})],
        ("DELETE", "/auth/sessions/{id}"): [(f"/auth/sessions/{session}", None, {404})],
        ("PUT", "/auth/password"): [("/auth/password", {"current_password": PASSWORD, "new_password": "new password"}, {204})],
        ("GET", "/tasks"): [("/tasks?limit=200", None, {200}), ("/tasks?q=private", None, {200}), ("/tasks?tag=secret", None, {200}), ("/tasks?count=true", None, {200})],
        ("POST", "/tasks"): [("/tasks", mine, {201}), ("/tasks", {**anna.sent, "id": task}, {409}), ("/tasks", [NEW_TASK], {201})],
        ("DELETE", "/tasks"): [("/tasks?q=private", None, {204}), ("/tasks", None, {204})],
        ("GET", "/tasks/{id}"): [(f"/tasks/{task}", None, {404})],
        ("PUT", "/tasks/{id}"): [(f"/tasks/{task}", NEW_TASK, {404})],
        ("PATCH", "/tasks/{id}"): [(f"/tasks/{task}", NEW_TASK, {404}), (f"/tasks/{task}", {}, {404})],
        ("DELETE", "/tasks/{id}"): [(f"/tasks/{task}", None, {404})],
        ("PATCH", "/tasks/{id}/complete"): [(f"/tasks/{task}/complete", None, {404}), (f"/tasks/{task}/complete", {"completed": True}, {404})],
        ("POST", "/tasks/{id}/complete"): [(f"/tasks/{task}/complete", None, {404})],
        ("GET", "/tasks/stats"): [("/tasks/stats", None, {200})],
        ("GET", "/tags"): [("/tags", None, {200})],
        ("GET", "/healthz"): [("/healthz", None, {200})], ("GET", "/readyz"): [("/readyz", None, {200})],
        ("GET", "/metrics"): [("/metrics", None, {200})], ("GET", "/openapi.json"): [("/openapi.json", None, {200})],
        ("GET", "/docs"): [("/docs", None, {200})],
    }[route]


@pytest.fixture
def private(server):
    """Anna, with a task that nobody else may learn of."""
    anna = server.user()
    anna.sent = {"title": "Anna's " + SECRET_WORD, "description": SECRET_WORD, "tags": ["secret"], "due_date": "2020-01-01"}
    anna.task_made = anna.task(**anna.sent)
    anna.session_id = anna.get("/auth/sessions").json[0]["id"]
    return anna


def everything(anna):
    sessions = [one["id"] for one in anna.get("/auth/sessions").json]
    return [anna.get("/auth/me").json, anna.get("/tasks").json, anna.get("/tasks/stats").json, anna.get("/tags").json, sessions]


@pytest.mark.parametrize("asked", ["as GET", "as is"])
def test_no_route_shows_or_changes_what_is_another_users(server, private, asked):
    before = everything(private)
    for method, path, _ in routes():
        bert = server.user()
        for where, body, expected in tries((method, path), private):
            if asked == "as GET":
                answer = bert.get(where.partition("?")[0])
            else:
                answer = bert.request(method, where, body)
                assert answer.status in expected, (method, where, answer)
            told = answer.body.decode()
            for secret in (SECRET_WORD, private.email if "/auth/signup" not in path else SECRET_WORD, private.id):
                assert secret not in told, (method, where)
            assert everything(private) == before, (method, where)


def test_every_route_that_needs_a_user_refuses_a_stranger(server, private):
    before = everything(private)
    for method, path, access in routes():
        assert access in ("user", "public"), path
        if access == "user":
            for where, body, _ in tries((method, path), private):
                check_problem(server.request(method, where, body), 401)
                check_problem(server.request(method, where, body, token="x.y.z"), 401)
    assert everything(private) == before
