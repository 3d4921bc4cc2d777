"""Many at once: what can be true for one only is true for one."""
import collections
import concurrent.futures
import uuid

import pytest

from client import PASSWORD
from test_sessions_refresh import refresh, valid

CROWD = 50


def at_once(call, count=CROWD):
    """The answers of so many calls made in parallel; call gets a number."""
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return list(pool.map(call, range(count)))


def statuses(answers):
    return collections.Counter(answer.status for answer in answers)


def test_of_fifty_signups_of_one_email_one_is_201(server):
    email = server.fresh_email()
    forms = [email, email.upper(), email.title(), " " + email]
    answers = at_once(lambda number: server.post("/auth/signup", {"email": forms[number % 4], "password": PASSWORD}))
    assert statuses(answers) == {201: 1, 409: CROWD - 1}
    assert server.login(email).status == 200


def test_one_refresh_token_used_in_parallel_gives_good_successors(server):
    anna = server.user(refresh=True)
    answers = at_once(lambda _: refresh(server, anna.session["refresh_token"]), 20)
    assert statuses(answers) == {200: 20}
    assert len({answer.json["refresh_token"] for answer in answers}) == 20
    assert all(valid(server, answer.json["access_token"]) for answer in answers)
    assert statuses(at_once(lambda number: refresh(server, answers[number].json["refresh_token"]), 20)) == {200: 20}
    assert len(anna.get("/auth/sessions").json) == 1


def test_of_fifty_creates_with_one_id_one_is_201_and_the_rest_200(anna):
    body = {"id": str(uuid.uuid4()), "title": "x", "tags": ["a"]}
    answers = at_once(lambda _: anna.post("/tasks", body))
    assert statuses(answers) == {201: 1, 200: CROWD - 1}
    assert len({answer.body for answer in answers}) == 1
    assert len(anna.titles()) == 1


def test_of_fifty_different_creates_with_one_id_one_is_201_and_the_rest_409(anna):
    chosen = str(uuid.uuid4())
    answers = at_once(lambda number: anna.post("/tasks", {"id": chosen, "title": f"title {number}"}))
    assert statuses(answers) == {201: 1, 409: CROWD - 1}


def test_the_same_batch_at_once_is_made_once(anna):
    batch = [{"id": str(uuid.uuid4()), "title": f"task {number}"} for number in range(50)]
    batches = [batch, batch[::-1]]
    answers = at_once(lambda number: anna.post("/tasks", batches[number % 2]), 20)
    assert statuses(answers) == {201: 1, 200: 19}
    assert len(anna.titles("?limit=200")) == 50


def test_an_even_number_of_toggles_at_once_changes_nothing(anna):
    path = f"/tasks/{anna.task()['id']}"
    answers = at_once(lambda _: anna.post(path + "/complete"))
    assert statuses(answers) == {200: CROWD}
    assert collections.Counter(answer.json["completed"] for answer in answers) == {True: CROWD // 2, False: CROWD // 2}
    assert anna.get(path).json["completed"] is False


def test_patches_of_different_members_at_once_are_all_kept(anna):
    path = f"/tasks/{anna.task()['id']}"
    changes = [{"title": "new"}, {"description": "new"}, {"priority": "high"}, {"tags": ["new"]}, {"order": 7}, {"due_date": "2026-01-01"}, {"completed": True}]
    answers = at_once(lambda number: anna.patch(path, changes[number]), len(changes))
    assert statuses(answers) == {200: len(changes)}
    task = anna.get(path).json
    assert all(task[name] == value for change in changes for name, value in change.items())
    assert len({answer.etag for answer in answers}) == len(changes)


def test_of_fifty_deletes_one_is_204(anna):
    path = f"/tasks/{anna.task()['id']}"
    assert statuses(at_once(lambda _: anna.delete(path))) == {204: 1, 404: CROWD - 1}


def test_of_many_account_deletions_one_is_204(server):
    anna = server.user()
    found = statuses(at_once(lambda _: anna.delete("/auth/me", {"password": PASSWORD}), 10))
    assert found[204] == 1 and set(found) <= {204, 401}


def test_a_task_made_while_the_account_goes_leaves_nothing_behind(server):
    anna = server.user()
    answers = at_once(lambda number: anna.delete("/auth/me", {"password": PASSWORD}) if number == 10 else anna.post("/tasks", {"title": "x"}), 20)
    assert set(statuses(answers)) <= {201, 204, 401}
    assert server.sql(f"SELECT count(*) FROM tasks WHERE user_id = '{anna.id}'") == "0"


def test_of_many_password_changes_exactly_the_last_counts(server):
    anna = server.user()
    answers = at_once(lambda number: anna.put("/auth/password", {"current_password": PASSWORD, "new_password": f"password {number}!"}), 10)
    found = statuses(answers)
    assert found[204] >= 1 and set(found) <= {204, 403}
    accepted = [number for number in range(10) if server.login(anna.email, f"password {number}!").status == 200]
    assert len(accepted) == 1 and answers[accepted[0]].status == 204
    assert server.login(anna.email, PASSWORD).status == 401


def test_a_session_ended_while_it_is_refreshed_stays_ended(server):
    anna = server.user(refresh=True)
    answers = at_once(lambda number: anna.post("/auth/logout", {"everywhere": True}) if number == 5 else refresh(server, anna.session["refresh_token"]), 10)
    assert answers[5].status == 204
    for answer in answers:
        if answer.status == 200:
            assert not valid(server, answer.json["access_token"])
            assert refresh(server, answer.json["refresh_token"]).status == 401


def test_logins_while_all_sessions_end_leave_whole_sessions(server):
    anna = server.user()
    answers = at_once(lambda number: anna.post("/auth/logout", {"everywhere": True}) if number == 5 else server.login(anna.email), 10)
    assert statuses(answers) == {204: 1, 200: 9}
    assert valid(server, server.login(anna.email).json["access_token"])


@pytest.mark.parametrize("count", [100])
def test_a_crowd_larger_than_the_workers_is_served(server, anna, count):
    assert statuses(at_once(lambda number: anna.post("/tasks", {"title": f"{number}"}), count)) == {201: count}
    assert anna.get("/tasks?count=true").header("X-Total-Count") == str(count)
