"""Changing a task: PUT and PATCH merge, /complete toggles."""
import pytest

from client import check_problem
from test_tasks_crud import FULL, instant

MERGE = "application/merge-patch+json"
WRITABLE = ("title", "description", "completed", "priority", "tags", "due_date", "order")
DEFAULTS = {"description": None, "completed": False, "priority": "medium", "tags": [], "due_date": None, "order": None}


def writable(task):
    return {name: task[name] for name in WRITABLE}


@pytest.fixture
def full(anna):
    return anna.task(**FULL)


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_what_is_not_sent_stays(anna, full, method):
    for body in ({"title": "new"}, {"completed": False}, {"title": "new", "completed": True}, {}):
        before = anna.get(f"/tasks/{full['id']}").json
        answer = anna.request(method, f"/tasks/{full['id']}", body)
        assert answer.status == 200
        assert writable(answer.json) == {**writable(before), **body}
        assert (answer.json["id"], answer.json["created_at"]) == (full["id"], full["created_at"])
        assert anna.get(f"/tasks/{full['id']}").json == answer.json
        assert answer.etag == anna.get(f"/tasks/{full['id']}").etag


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_null_sets_back_to_the_default(anna, full, method):
    for name in DEFAULTS:
        before = anna.get(f"/tasks/{full['id']}").json
        answer = anna.request(method, f"/tasks/{full['id']}", {name: None})
        assert writable(answer.json) == {**writable(before), name: DEFAULTS[name]}
    assert writable(answer.json) == {"title": full["title"], **DEFAULTS}


def test_what_was_got_can_be_put_back(anna, full):
    answer = anna.put(f"/tasks/{full['id']}", full)
    assert answer.status == 200
    changing = {"updated_at"}
    assert {k: v for k, v in answer.json.items() if k not in changing} == {k: v for k, v in full.items() if k not in changing}


def test_read_only_members_of_a_put_or_patch_are_ignored(anna, full):
    other = "01890a5d-ac96-774b-bcce-b302099a8057"
    lies = {"id": other, "url": "x", "created_at": 1, "updated_at": [], "completed_at": "2000-01-01T00:00:00Z", "user_id": other}
    for method, body in (("PUT", {**full, **lies}), ("PATCH", lies)):
        answer = anna.request(method, f"/tasks/{full['id']}", body)
        assert answer.status == 200, answer
        for name in ("id", "url", "created_at", "completed_at"):
            assert answer.json[name] == full[name], name


@pytest.mark.parametrize("body, fields", [({"title": None}, ["title"]), ({"title": ""}, ["title"]),
                                          ({"title": "x", "colour": "red"}, ["colour"]), ([], ["body"])])
def test_a_bad_put_is_422(anna, full, body, fields):
    check_problem(anna.put(f"/tasks/{full['id']}", body), 422, fields=fields)
    assert anna.get(f"/tasks/{full['id']}").json == full


def test_a_put_needs_a_body(anna, full):
    assert anna.put(f"/tasks/{full['id']}", body=b"").status == 400
    assert anna.put(f"/tasks/{full['id']}").status in (400, 415)
    assert anna.get(f"/tasks/{full['id']}").json == full


@pytest.mark.parametrize("change", [{"title": "new"}, {"description": "new"}, {"completed": False}, {"priority": "low"}, {"tags": ["new"]},
                                    {"due_date": "2027-01-01T00:00:00Z"}, {"order": -1}, {"title": "new", "order": 0}])
@pytest.mark.parametrize("media", ["application/json", MERGE, MERGE + "; charset=utf-8"])
def test_patch_changes_only_what_is_sent(anna, full, change, media):
    answer = anna.patch(f"/tasks/{full['id']}", change, media=media)
    assert answer.status == 200, answer
    assert writable(answer.json) == {**writable(full), **change}
    assert anna.get(f"/tasks/{full['id']}").json == answer.json


@pytest.mark.parametrize("name", list(DEFAULTS))
def test_null_in_a_patch_sets_a_member_back(anna, full, name):
    answer = anna.patch(f"/tasks/{full['id']}", {name: None})
    assert answer.status == 200, answer
    assert writable(answer.json) == {**writable(full), name: DEFAULTS[name]}


def test_a_title_cannot_be_patched_away(anna, full):
    check_problem(anna.patch(f"/tasks/{full['id']}", {"title": None}), 422, fields=["title"])
    check_problem(anna.patch(f"/tasks/{full['id']}", {"title": None, "order": "x"}), 422, fields=["order", "title"])


def test_an_empty_patch_changes_no_field(anna, full):
    answer = anna.patch(f"/tasks/{full['id']}", {})
    assert answer.status == 200
    assert writable(answer.json) == writable(full)


def test_a_patch_replaces_tags_as_a_whole(anna, full):
    assert anna.patch(f"/tasks/{full['id']}", {"tags": ["z"]}).json["tags"] == ["z"]
    assert anna.patch(f"/tasks/{full['id']}", {"tags": []}).json["tags"] == []


@pytest.mark.parametrize("media", ["text/plain", "application/json-patch+json", "application/x-www-form-urlencoded"])
def test_a_patch_of_another_type_is_415(anna, full, media):
    check_problem(anna.patch(f"/tasks/{full['id']}", body=b'{"title":"x"}', media=media), 415)
    assert anna.get(f"/tasks/{full['id']}").json == full


def test_a_json_patch_is_no_merge_patch(anna, full):
    body = [{"op": "replace", "path": "/title", "value": "x"}]
    check_problem(anna.patch(f"/tasks/{full['id']}", body), 422, fields=["body"])


def test_every_change_moves_updated_at_and_the_etag_and_nothing_moves_created_at(anna):
    made = anna.post("/tasks", {"title": "x"})
    path = f"/tasks/{made.json['id']}"
    tags, times = [made.etag], [made.json["updated_at"]]
    for method, where, body in [("PATCH", path, {"order": 1}), ("PUT", path, {"title": "y"}), ("POST", path + "/complete", None),
                                ("PATCH", path + "/complete", {"completed": False}), ("PATCH", path, {"tags": ["a"]})]:
        answer = anna.request(method, where, body)
        assert answer.status == 200 and answer.json["created_at"] == made.json["created_at"]
        tags.append(answer.etag)
        times.append(answer.json["updated_at"])
    assert len(set(tags)) == 6 and None not in tags
    assert list(map(instant, times)) == sorted(map(instant, times)) and times[0] != times[-1]


def test_completed_at_is_set_when_a_task_becomes_completed(anna):
    task = anna.task()
    path = f"/tasks/{task['id']}"
    done = anna.patch(path, {"completed": True}).json
    assert done["completed"] and instant(done["completed_at"]) >= instant(task["created_at"])
    assert anna.patch(path, {"completed": True, "title": "y"}).json["completed_at"] == done["completed_at"]
    assert anna.put(path, {"title": "z", "completed": True}).json["completed_at"] == done["completed_at"]
    undone = anna.patch(path, {"completed": False}).json
    assert (undone["completed"], undone["completed_at"]) == (False, None)
    again = anna.put(path, {"title": "z", "completed": True}).json
    assert instant(again["completed_at"]) > instant(done["completed_at"])


@pytest.mark.parametrize("method", ["PATCH", "POST"])
def test_complete_without_a_body_toggles(anna, method):
    task = anna.task(**{**FULL, "completed": False})
    path = f"/tasks/{task['id']}/complete"
    for expected in (True, False, True):
        answer = anna.request(method, path)
        assert (answer.status, answer.json["completed"]) == (200, expected)
        assert (answer.json["completed_at"] is not None) == expected
        assert anna.get(f"/tasks/{task['id']}").json == answer.json
        assert {**writable(answer.json), "completed": False} == writable(task)


@pytest.mark.parametrize("method", ["PATCH", "POST"])
def test_complete_with_a_body_sets(anna, method):
    path = f"/tasks/{anna.task()['id']}/complete"
    for value in (True, True, False, False, True):
        answer = anna.request(method, path, {"completed": value})
        assert (answer.status, answer.json["completed"]) == (200, value)


def test_completing_twice_keeps_the_first_time(anna):
    path = f"/tasks/{anna.task()['id']}/complete"
    first = anna.post(path, {"completed": True}).json["completed_at"]
    assert anna.post(path, {"completed": True}).json["completed_at"] == first


@pytest.mark.parametrize("body, fields", [({"completed": "yes"}, ["completed"]), ({"completed": 1}, ["completed"]), ({"done": True}, ["done"]),
                                          ({"completed": True, "title": "x"}, ["title"]), ([], ["body"])])
def test_a_bad_body_of_complete_is_422(anna, body, fields):
    task = anna.task()
    for method in ("PATCH", "POST"):
        check_problem(anna.request(method, f"/tasks/{task['id']}/complete", body), 422, fields=fields)
    assert anna.get(f"/tasks/{task['id']}").json == task


def test_complete_refuses_what_is_not_json(anna):
    task = anna.task()
    path = f"/tasks/{task['id']}/complete"
    check_problem(anna.post(path, body=b"{"), 400)
    check_problem(anna.post(path, body=b"completed=true", media="application/x-www-form-urlencoded"), 415)
    assert anna.get(f"/tasks/{task['id']}").json == task
