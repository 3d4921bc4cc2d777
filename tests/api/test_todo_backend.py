"""What the public Todo-Backend specification asks of /tasks, from another origin, with a token."""
import urllib.parse

import pytest

import harness

ORIGIN = "https://todo-backend.example"


@pytest.fixture(scope="module", params=[ORIGIN, "*"])
def backend(cluster, request):
    with harness.Server(cluster, {"CORS_ORIGINS": request.param}) as server:
        yield server


@pytest.fixture
def anna(backend):
    return backend.user()


def ask(anna, method, path, body=None):
    """As the specification's client asks: from its page, with JSON both ways."""
    answer = anna.request(method, path, body, headers={"Origin": ORIGIN, "Accept": "application/json"})
    assert answer.header("Access-Control-Allow-Origin") in (ORIGIN, "*")
    return answer


def path_of(url):
    path = urllib.parse.urlsplit(url).path
    assert path.startswith("/tasks/")
    return path


def test_the_root_takes_what_is_posted_and_lists_it(anna):
    assert ask(anna, "GET", "/tasks").json == []
    made = ask(anna, "POST", "/tasks", {"title": "walk the dog"})
    assert made.status == 201 and made.json["title"] == "walk the dog" and made.json["completed"] is False
    assert [task["title"] for task in ask(anna, "GET", "/tasks").json] == ["walk the dog"]


def test_each_todo_has_an_absolute_url_that_gives_it(anna):
    made = ask(anna, "POST", "/tasks", {"title": "my todo"}).json
    assert made["url"].startswith("http")
    assert ask(anna, "GET", path_of(made["url"])).json == made
    assert ask(anna, "GET", "/tasks").json[0]["url"] == made["url"]


@pytest.mark.parametrize("change", [{"title": "bathe the cat"}, {"completed": True}, {"order": 95},
                                    {"title": "changed title", "completed": True}])
def test_a_todo_changes_by_patch_to_its_url_and_stays_changed(anna, change):
    made = ask(anna, "POST", "/tasks", {"title": "initial title", "order": 10}).json
    where = path_of(made["url"])
    changed = ask(anna, "PATCH", where, change)
    assert changed.status == 200
    assert {name: changed.json[name] for name in change} == change
    for answer in (ask(anna, "GET", where).json, ask(anna, "GET", "/tasks").json[0]):
        assert {name: answer[name] for name in change} == change


def test_an_order_can_be_given_and_comes_back(anna):
    made = ask(anna, "POST", "/tasks", {"title": "blah", "order": 523}).json
    assert made["order"] == 523
    assert ask(anna, "GET", path_of(made["url"])).json["order"] == 523


def test_one_todo_is_deleted_by_its_url(anna):
    made = ask(anna, "POST", "/tasks", {"title": "gone soon"}).json
    assert ask(anna, "DELETE", path_of(made["url"])).status == 204
    assert ask(anna, "GET", "/tasks").json == []


def test_all_todos_are_deleted_by_the_root(anna):
    for title in ("one", "two"):
        ask(anna, "POST", "/tasks", {"title": title})
    assert ask(anna, "DELETE", "/tasks").status == 204
    assert ask(anna, "GET", "/tasks").json == []


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PATCH", "PUT"])
def test_a_browsers_preflight_allows_what_the_client_does(backend, anna, method):
    made = ask(anna, "POST", "/tasks", {"title": "x"}).json
    where = "/tasks" if method == "POST" else path_of(made["url"])
    answer = backend.options(where, headers={
        "Origin": ORIGIN, "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,content-type"})
    assert answer.status == 204
    assert method in answer.header("Access-Control-Allow-Methods").split(", ")
    allowed = answer.header("Access-Control-Allow-Headers").lower().split(", ")
    assert {"authorization", "content-type"} <= set(allowed)
