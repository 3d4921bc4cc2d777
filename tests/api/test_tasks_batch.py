"""POST /tasks with an array, and DELETE /tasks."""
import uuid

import pytest

from client import check_problem
from test_tasks_crud import MEMBERS


def some(count, **members):
    return [{"title": f"task {number}", **members} for number in range(count)]


def with_ids(count):
    return [{"id": str(uuid.uuid4()), **one} for one in some(count)]


def test_a_batch_is_201_with_every_task_in_the_order_sent(server, anna):
    sent = [{"title": "c", "priority": "high"}, {"title": "a", "tags": ["x"]}, {"title": "b", "completed": True, "due_date": "2026-01-01"}]
    answer = anna.post("/tasks", sent)
    assert answer.status == 201
    assert [{name: task[name] for name in body} for task, body in zip(answer.json, sent)] == sent
    assert len(answer.json) == 3 and len({task["id"] for task in answer.json}) == 3
    for task in answer.json:
        assert set(task) == MEMBERS and task["url"] == f"{server.base}/tasks/{task['id']}"
        assert anna.get(f"/tasks/{task['id']}").json == task


@pytest.mark.parametrize("count", [1, 2, 999, 1000])
def test_a_batch_has_1_to_1000_tasks(anna, count):
    answer = anna.post("/tasks", some(count))
    assert (answer.status, len(answer.json)) == (201, count)
    assert anna.get("/tasks?count=true&limit=1").header("X-Total-Count") == str(count)


@pytest.mark.parametrize("count", [0, 1001, 5000])
def test_an_empty_or_longer_batch_is_422(anna, count):
    check_problem(anna.post("/tasks", some(count)), 422)
    assert anna.titles() == []


def test_every_wrong_field_of_every_task_is_named_and_nothing_is_made(anna):
    sent = [{"title": "fine"}, {"title": ""}, {"title": "fine", "order": "x", "colour": 1}, {"priority": "low"}, 5, None, [], "x", {"title": "fine"}]
    answer = anna.post("/tasks", sent)
    named = {error["field"] for error in check_problem(answer, 422)["errors"]}
    assert {"[1].title", "[2].order", "[2].colour", "[3].title"} <= named
    assert not any(field.startswith(("[0]", "[8]")) for field in named)
    assert all(any(field.startswith(f"[{place}]") for field in named) for place in (4, 5, 6, 7)), named
    assert anna.titles() == []


def test_the_last_of_a_thousand_tasks_can_stop_them_all(anna):
    check_problem(anna.post("/tasks", [*some(999), {"title": "x" * 201}]), 422, fields=["[999].title"])
    assert anna.titles() == []


def test_the_same_batch_again_is_200_and_makes_nothing(anna):
    batch = with_ids(5)
    first, again = anna.post("/tasks", batch), anna.post("/tasks", batch)
    assert (first.status, again.status) == (201, 200)
    assert again.json == first.json
    assert len(anna.titles()) == 5


def test_the_same_big_batch_again_is_200(anna):
    batch = with_ids(1000)
    first, again = anna.post("/tasks", batch), anna.post("/tasks", batch)
    assert (first.status, again.status, again.json == first.json) == (201, 200, True)


def test_a_batch_without_ids_is_made_anew_each_time(anna):
    assert [anna.post("/tasks", some(2)).status for _ in range(2)] == [201, 201]
    assert len(anna.titles()) == 4


def test_an_id_twice_in_one_batch_is_422(anna):
    one, two, three = with_ids(3)
    check_problem(anna.post("/tasks", [one, two, {**three, "id": one["id"]}]), 422)
    check_problem(anna.post("/tasks", [one, one]), 422)
    check_problem(anna.post("/tasks", [one, {**one, "id": one["id"].upper()}]), 422)
    assert anna.titles() == []


def test_an_id_that_has_other_content_stops_the_batch_with_409(anna):
    batch = with_ids(3)
    kept = anna.task(id=batch[1]["id"], title="something else")
    check_problem(anna.post("/tasks", batch), 409, "id_taken")
    assert anna.get("/tasks").json == [kept]


def test_a_batch_changed_meanwhile_is_409(anna):
    batch = with_ids(2)
    anna.post("/tasks", batch)
    anna.patch(f"/tasks/{batch[0]['id']}", {"title": "changed"})
    check_problem(anna.post("/tasks", batch), 409, "id_taken")
    assert sorted(anna.titles()) == ["changed", "task 1"]


def test_another_users_ids_are_no_obstacle(anna, bert):
    batch = with_ids(3)
    assert anna.post("/tasks", batch).status == 201
    assert bert.post("/tasks", batch).status == 201
    assert len(anna.titles()) == len(bert.titles()) == 3


def test_a_batch_may_mix_chosen_and_given_ids(anna):
    batch = [*with_ids(1), *some(1)]
    answer = anna.post("/tasks", batch)
    assert answer.status == 201 and answer.json[0]["id"] == batch[0]["id"]


def test_delete_empties_the_list(anna, bert):
    anna.post("/tasks", some(5))
    bert.task(title="Bert's")
    answer = anna.delete("/tasks")
    assert (answer.status, answer.body) == (204, b"")
    assert anna.titles() == [] and bert.titles() == ["Bert's"]
    assert anna.delete("/tasks").status == 204


@pytest.mark.parametrize("text, left", [
    ("?status=completed", {"open"}), ("?completed=true", {"open"}), ("?status=pending", {"done", "done, urgent"}), ("?status=all", set()), ("?priority=high", {"open", "done"}),
    ("?tag=x", {"open"}), ("?tag=x&tag=y", {"open", "done"}), ("?q=URG", {"open", "done"}), ("?due_before=2026-01-02", {"open", "done, urgent"}), ("?due_after=2026-01-02", {"open", "done"}),
    ("?overdue=true", {"open", "done", "done, urgent"}), ("?status=completed&tag=y", {"open", "done"}), ("?q=nothing", {"open", "done", "done, urgent"}),
    ("?status=pending&completed=true", {"open", "done", "done, urgent"}), ("?status=completed&completed=false", {"open", "done", "done, urgent"})])
def test_delete_with_filters_takes_only_what_they_select(anna, bert, text, left):
    for user in (anna, bert):
        user.post("/tasks", [{"title": "open"}, {"title": "done", "completed": True, "tags": ["x"], "due_date": "2026-01-01"},
                             {"title": "done, urgent", "completed": True, "tags": ["x", "y"], "priority": "high", "due_date": "2026-01-02"}])
    assert anna.delete("/tasks" + text).status == 204
    assert set(anna.titles()) == left
    assert len(bert.titles()) == 3


@pytest.mark.parametrize("text", ["?status=done", "?completed=yes", "?priority=urgent", "?due_before=soon", "?everything=true", "?tag=x&statuss=completed", "?id=1"])
def test_delete_with_a_wrong_filter_deletes_nothing(anna, text):
    anna.post("/tasks", some(2))
    check_problem(anna.delete("/tasks" + text), 422)
    assert len(anna.titles()) == 2
