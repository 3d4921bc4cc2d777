"""Creating, reading and deleting single tasks; ids that clients choose."""
import datetime
import re
import uuid

import pytest

from client import check_problem
from test_signup import TIMESTAMP, UUID7

MEMBERS = {"id", "url", "title", "description", "completed", "priority", "tags", "due_date", "order", "created_at",
           "updated_at", "completed_at"}
UNKNOWN_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
FULL = {"title": "Buy milk", "description": "two\nlitres", "completed": True, "priority": "high", "tags": ["home", "shop"],
        "due_date": "2026-11-30", "order": 7}


def instant(text):
    assert re.fullmatch(TIMESTAMP, text), text
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def test_a_new_task_is_201_with_location_and_etag(server, anna):
    answer = anna.post("/tasks", {"title": "Buy milk"})
    assert answer.status == 201
    task = answer.json
    assert set(task) == MEMBERS
    assert re.fullmatch(UUID7, task["id"])
    assert task["url"] == answer.header("Location") == f"{server.base}/tasks/{task['id']}"
    assert re.fullmatch(r'(W/)?"[^"]+"', answer.etag)
    assert answer.header("Content-Type").startswith("application/json")


def test_what_is_not_sent_has_its_default(anna):
    task = anna.task()
    defaults = {"description": None, "completed": False, "priority": "medium", "tags": [], "due_date": None, "order": None,
                "completed_at": None}
    assert {name: task[name] for name in defaults} == defaults
    assert task["created_at"] == task["updated_at"]
    assert abs(instant(task["created_at"]) - datetime.datetime.now(datetime.timezone.utc)) < datetime.timedelta(minutes=5)


def test_every_member_comes_back_as_sent(anna):
    task = anna.task(**FULL)
    assert {name: task[name] for name in FULL} == FULL
    assert instant(task["completed_at"]) >= instant(task["created_at"])
    assert anna.get(f"/tasks/{task['id']}").json == task
    assert anna.get("/tasks").json == [task]


def test_null_in_a_create_is_the_same_as_absent(anna):
    optional = [name for name in FULL if name != "title"]
    task = anna.task(id=None, **{name: None for name in optional})
    assert (task["priority"], task["tags"], task["completed"], task["order"]) == ("medium", [], False, None)
    check_problem(anna.post("/tasks", {"title": None}), 422, fields=["title"])


def test_read_only_members_are_ignored_in_a_create(anna):
    task = anna.task(url="x", created_at="2000-01-01T00:00:00Z", updated_at=5, completed_at="x", user_id=[])
    assert not task["created_at"].startswith("2000")
    assert task["completed_at"] is None and task["url"].endswith(task["id"])


def test_a_read_task_has_the_etag_of_its_creation(anna):
    made = anna.post("/tasks", {"title": "x"})
    got = anna.get(f"/tasks/{made.json['id']}")
    assert (got.status, got.etag, got.json) == (200, made.etag, made.json)


def test_if_none_match_answers_304_without_a_body(anna):
    made = anna.post("/tasks", {"title": "x"})
    path = f"/tasks/{made.json['id']}"
    bare = made.etag.removeprefix("W/")
    for sent in (made.etag, bare, f"W/{bare}", "*", f'"other", {made.etag}', f'{bare[:-1]}-gzip"'):
        answer = anna.get(path, headers={"If-None-Match": sent})
        assert (answer.status, answer.body, answer.etag) == (304, b"", made.etag), sent
    for sent in ('"other"', '""', 'W/"x"', '"a", "b"'):
        assert anna.get(path, headers={"If-None-Match": sent}).status == 200
    assert anna.patch(path, {"title": "y"}).status == 200
    assert anna.get(path, headers={"If-None-Match": made.etag}).status == 200


def test_a_deleted_task_is_gone(anna):
    task, other = anna.task(), anna.task(title="other")
    answer = anna.delete(f"/tasks/{task['id']}")
    assert (answer.status, answer.body) == (204, b"")
    for method in ("GET", "DELETE"):
        check_problem(anna.request(method, f"/tasks/{task['id']}"), 404)
    check_problem(anna.patch(f"/tasks/{task['id']}", {"title": "x"}), 404)
    assert anna.get("/tasks").json == [other]


def test_a_task_that_never_was_is_404(anna):
    path = f"/tasks/{UNKNOWN_ID}"
    for method, body in [("GET", None), ("PUT", {"title": "x"}), ("PATCH", {"title": "x"}), ("DELETE", None)]:
        check_problem(anna.request(method, path, body), 404)
    for method in ("PATCH", "POST"):
        check_problem(anna.request(method, path + "/complete"), 404)
    assert anna.titles() == []


def test_an_id_in_upper_case_is_the_same_id(anna):
    chosen = str(uuid.uuid4())
    answer = anna.post("/tasks", {"id": chosen.upper(), "title": "x"})
    assert (answer.status, answer.json["id"]) == (201, chosen)
    assert anna.get(f"/tasks/{chosen}").status == 200


@pytest.mark.parametrize("version", [1, 3, 4, 5, 7, "nil", "max"])
def test_a_client_may_choose_any_uuid(anna, version):
    ids = {1: str(uuid.uuid1()), 3: str(uuid.uuid3(uuid.NAMESPACE_DNS, "x")), 4: str(uuid.uuid4()),
           5: str(uuid.uuid5(uuid.NAMESPACE_DNS, "x")), 7: UNKNOWN_ID, "nil": "0" * 8 + "-0000" * 3 + "-" + "0" * 12,
           "max": "f" * 8 + "-ffff" * 3 + "-" + "f" * 12}
    answer = anna.post("/tasks", {"id": ids[version], "title": "x"})
    assert (answer.status, answer.json["id"]) == (201, ids[version])
    assert answer.header("Location").endswith("/tasks/" + ids[version])
    assert anna.get("/tasks/" + ids[version]).status == 200


@pytest.mark.parametrize("wrong", ["", "x", "1", UNKNOWN_ID[:-1], UNKNOWN_ID + "0", UNKNOWN_ID.replace("-", ""), "{" + UNKNOWN_ID + "}",
                                   "urn:uuid:" + UNKNOWN_ID, UNKNOWN_ID[:-1] + "g", " " + UNKNOWN_ID, 1, True, [], {}, "0" * 36])
def test_what_is_no_uuid_is_422(anna, wrong):
    check_problem(anna.post("/tasks", {"id": wrong, "title": "x"}), 422, fields=["id"])


def test_the_same_create_again_is_200_and_makes_no_second_task(anna):
    body = {"id": str(uuid.uuid4()), **FULL}
    first, again = anna.post("/tasks", body), anna.post("/tasks", body)
    assert (first.status, again.status) == (201, 200)
    assert again.json == first.json and again.etag == first.etag
    assert len(anna.get("/tasks").json) == 1


def test_the_same_create_is_known_again_however_it_is_written(anna):
    chosen = str(uuid.uuid4())
    anna.task(id=chosen, title="milk", tags=["a", "b"])
    for same in ({"title": " milk\n", "tags": ["a", "b", "a"]}, {"title": "milk", "tags": [" a ", "b"], "description": None},
                 {"title": "milk", "tags": ["a", "b"], "completed": False, "priority": "medium", "created_at": "x"}):
        assert anna.post("/tasks", {"id": chosen.upper(), **same}).status == 200


@pytest.mark.parametrize("other", [{"title": "Buy Milk"}, {"description": "x"}, {"completed": False}, {"priority": "low"},
                                   {"tags": ["home"]}, {"due_date": "2026-12-01"}, {"due_date": "2026-11-30T00:00:00Z"}, {"order": 8},
                                   {"description": None}, {"order": None}])
def test_the_same_id_with_other_content_is_409(anna, other):
    body = {"id": str(uuid.uuid4()), **FULL}
    first = anna.post("/tasks", body)
    check_problem(anna.post("/tasks", {**body, **other}), 409, "id_taken")
    assert anna.get("/tasks").json == [first.json]


def test_a_create_sent_again_after_a_change_is_409_and_undoes_nothing(anna):
    body = {"id": str(uuid.uuid4()), "title": "x"}
    anna.post("/tasks", body)
    changed = anna.patch(f"/tasks/{body['id']}", {"title": "y"}).json
    check_problem(anna.post("/tasks", body), 409, "id_taken")
    assert anna.post("/tasks", {**body, "title": "y"}).json == changed


def test_a_deleted_tasks_id_may_be_used_again(anna):
    chosen = str(uuid.uuid4())
    anna.task(id=chosen)
    anna.delete(f"/tasks/{chosen}")
    assert anna.post("/tasks", {"id": chosen, "title": "again"}).status == 201


def test_another_users_id_is_no_obstacle(anna, bert):
    chosen = str(uuid.uuid4())
    anna.task(id=chosen, title="Anna's")
    assert bert.post("/tasks", {"id": chosen, "title": "Bert's"}).status == 201
    assert bert.delete(f"/tasks/{chosen}").status == 204
    assert anna.get(f"/tasks/{chosen}").json["title"] == "Anna's"


def test_new_ids_grow_with_time(anna):
    ids = [anna.task()["id"] for _ in range(5)]
    times = [uuid.UUID(one).int >> 80 for one in ids]
    assert len(set(ids)) == 5 and times == sorted(times)


@pytest.mark.parametrize("body", [{}, {"description": "no title"}, {"id": UNKNOWN_ID}])
def test_a_task_needs_a_title(anna, body):
    check_problem(anna.post("/tasks", body), 422, fields=["title"])


def test_links_follow_the_host_and_the_scheme_of_the_client(server, anna):
    task = anna.task()
    for headers, base in [({"Host": "todo.example:8443", "X-Forwarded-Proto": "https"}, "https://todo.example:8443"),
                          ({"Host": "todo.example"}, "http://todo.example")]:
        answer = server.raw((f"GET /tasks/{task['id']} HTTP/1.1\r\nAuthorization: Bearer {anna.token}\r\nConnection: close\r\n"
                             + "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n").encode())
        assert f'"url":"{base}/tasks/{task["id"]}"'.encode() in answer.replace(b" ", b"")
