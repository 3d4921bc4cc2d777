"""Every member of a task that a client may write goes every way in, and comes back: whoever adds one and forgets a
place fails here, by the name of the member and of the way. The members are read from the document."""
import json
import subprocess
import uuid

import pytest

import client
import harness
from members import MEMBERS, SCHEMAS, values, writable


@pytest.fixture(scope="module")
def anna(server):
    return server.user()


def body(member, value):
    return {"id": str(uuid.uuid4()), "title": "Buy milk", member: value}


def ctl(server, *arguments, stdin=None):
    environment = {"PATH": "/usr/bin:/bin", "DATABASE_URL": server.cluster.url(server.database)}
    return subprocess.run([harness.TODOCTL, "--conf", "/nonexistent", *arguments], env=environment, input=stdin, text=True,
                          capture_output=True, timeout=60)


def by_post(server, user, member, value):
    answer = user.post("/tasks", body(member, value))
    assert answer.status == 201, answer
    return user, answer.json["id"]


def by_an_array(server, user, member, value):
    answer = user.post("/tasks", [{"title": "the first"}, body(member, value)])
    assert answer.status == 201, answer
    return user, answer.json[1]["id"]


def by_put(server, user, member, value):
    task = user.task()
    answer = user.put(f"/tasks/{task['id']}", {"title": "Buy milk", member: value})
    assert answer.status == 200, answer
    return user, task["id"]


def by_patch(server, user, member, value):
    task = user.task()
    answer = user.patch(f"/tasks/{task['id']}", {member: value})
    assert answer.status == 200, answer
    return user, task["id"]


def by_export_and_import(server, user, member, value):
    here = server.user()
    task = here.task(**{member: value})
    exported = ctl(server, "export", here.email)
    assert exported.returncode == 0, exported
    email = server.fresh_email()
    imported = ctl(server, "import", email, stdin=exported.stdout)
    assert imported.returncode == 0, imported
    there = client.User.__new__(client.User)
    there.server, there.email = server, email
    there.token = server.login(email).json["access_token"]
    return there, task["id"]


WAYS = [by_post, by_an_array, by_put, by_patch, by_export_and_import]


@pytest.mark.parametrize("member", MEMBERS)
@pytest.mark.parametrize("way", WAYS)
def test_what_goes_in_comes_back(server, anna, way, member):
    value, _ = values(member)
    user, task_id = way(server, anna, member, value)
    read = user.get(f"/tasks/{task_id}").json
    assert member in read, f"{member} is not shown: app/resources/task_json.c"
    assert read[member] == value
    listed = [task for task in user.get("/tasks?limit=200").json if task["id"] == task_id]
    assert listed == [read]


def again_by_post(user, task):
    return user.post("/tasks", task)


def again_by_an_array(user, task):
    return user.post("/tasks", [task])


@pytest.mark.parametrize("member", MEMBERS)
@pytest.mark.parametrize("again", [again_by_post, again_by_an_array])
def test_the_same_id_again_is_the_same_task_or_a_conflict(anna, again, member):
    value, other = values(member)
    task = body(member, value)
    assert anna.post("/tasks", task).status == 201
    assert again(anna, task).status == 200
    client.check_problem(again(anna, {**task, member: other}), 409, "id_taken")
    assert anna.get(f"/tasks/{task['id']}").json[member] == value


@pytest.mark.parametrize("member", MEMBERS)
def test_an_import_of_another_content_is_refused(server, member):
    value, other = values(member)
    user = server.user()
    task = user.task(**{member: value})
    exported = ctl(server, "export", user.email).stdout
    changed = json.loads(exported)
    assert ctl(server, "import", user.email, stdin=exported).returncode == 0
    changed["tasks"][0][member] = other
    if member == "completed":
        changed["tasks"][0]["completed_at"] = None
    refused = ctl(server, "import", user.email, stdin=json.dumps(changed))
    assert refused.returncode == 1 and task["id"] in refused.stderr, refused
    assert user.get(f"/tasks/{task['id']}").json == task


def test_all_bodies_of_a_task_have_the_same_members():
    assert writable("TaskPatch") == MEMBERS
    assert set(MEMBERS) <= set(SCHEMAS["Task"]["properties"])
