"""GET /tasks/stats and GET /tags."""
import collections
import random

ZERO = {"total": 0, "completed": 0, "pending": 0, "overdue": 0, "by_priority": {"low": 0, "medium": 0, "high": 0}}


def test_stats_of_nobody_are_zero(anna):
    assert anna.get("/tasks/stats").json == ZERO


def test_stats_count_what_is_there(anna, bert):
    bert.task()
    anna.post("/tasks", [{"title": "x", "due_date": "2020-01-01", "priority": "high"}, {"title": "x", "due_date": "2020-01-01T00:00:00Z"},
                         {"title": "x", "due_date": "2020-01-01", "completed": True}, {"title": "x", "due_date": "2999-01-01", "priority": "low"}, {"title": "x", "completed": True}])
    assert anna.get("/tasks/stats").json == {"total": 5, "completed": 2, "pending": 3, "overdue": 2, "by_priority": {"low": 1, "medium": 3, "high": 1}}


def test_stats_follow_every_change(anna):
    task = anna.task(priority="low")
    anna.post(f"/tasks/{task['id']}/complete")
    assert anna.get("/tasks/stats").json == {**ZERO, "total": 1, "completed": 1, "by_priority": {"low": 1, "medium": 0, "high": 0}}
    anna.delete(f"/tasks/{task['id']}")
    assert anna.get("/tasks/stats").json == ZERO


def test_stats_agree_with_the_list(anna):
    dice = random.Random(5)
    anna.post("/tasks", [{"title": "x", "completed": dice.random() < 0.5, "priority": dice.choice(["low", "medium", "high"]),
                          "due_date": dice.choice([None, "2020-01-01", "2999-01-01"])} for _ in range(100)])
    stats = anna.get("/tasks/stats").json

    def total(text):
        return int(anna.get(f"/tasks?count=true&limit=1{text}").header("X-Total-Count"))
    assert stats == {"total": total(""), "completed": total("&completed=true"), "pending": total("&status=pending"), "overdue": total("&overdue=true"),
                     "by_priority": {level: total(f"&priority={level}") for level in ("low", "medium", "high")}}


def test_tags_of_nobody_are_none(anna):
    assert anna.get("/tags").json == []


def test_tags_come_most_used_first(anna, bert):
    bert.task(tags=["home", "secret"])
    for tags in (["home", "work"], ["home"], ["home", "work", "é"], []):
        anna.task(tags=tags)
    assert anna.get("/tags").json == [{"tag": "home", "count": 3}, {"tag": "work", "count": 2}, {"tag": "é", "count": 1}]


def test_tags_count_tasks_whatever_the_tags_are(anna):
    dice = random.Random(6)
    words = ["a", "A", "x y", "'", '"', "\\", "{", "}", ",", "NULL", "😀", "%"]
    chosen = [dice.sample(words, dice.randint(0, 6)) for _ in range(50)]
    anna.post("/tasks", [{"title": "x", "tags": tags} for tags in chosen])
    listed = anna.get("/tags").json
    assert {one["tag"]: one["count"] for one in listed} == collections.Counter(tag for tags in chosen for tag in tags)
    counts = [one["count"] for one in listed]
    assert counts == sorted(counts, reverse=True) and len(listed) == len({one["tag"] for one in listed})


def test_a_tag_goes_with_its_last_task(anna):
    task = anna.task(tags=["once"])
    anna.patch(f"/tasks/{task['id']}", {"tags": None})
    assert anna.get("/tags").json == []
