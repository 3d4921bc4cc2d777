"""Keyset paging against a model, while rows come and go."""
import base64
import random
import urllib.parse

import pytest

from client import check_problem
from listing import KEYS, LINK, in_order, query, walk

SORTS = [sign + key for key in KEYS for sign in ("", "-")]


def fill(user, count, dice):
    """Tasks with many ties and many nulls."""
    body = [{"title": dice.choice(["a", "A", "b", "é", "e", "z"]), "order": dice.choice([None, 1, 2, -2147483648, 2147483647]),
             "priority": dice.choice(["low", "medium", "high"]),
             "due_date": dice.choice([None, "2026-01-01", "2026-01-01T00:00:00Z", "0001-01-01", "9999-12-31", "2026-05-05T05:05:05.555555Z"])} for _ in range(count)]
    assert user.post("/tasks", body).status == 201


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("limit", [1, 3, 40])
def test_the_pages_are_the_list_cut_in_pieces(server, anna, sort, limit):
    fill(anna, 12 if limit == 1 else 40, random.Random(sort))
    everything = anna.get("/tasks?limit=200").json
    got = walk(anna, query(sort=sort, limit=limit))
    assert [task["id"] for task in got] == [task["id"] for task in in_order(server, everything, sort)]
    assert got == in_order(server, everything, sort)


@pytest.mark.parametrize("sort", SORTS)
def test_paging_skips_and_repeats_nothing_while_rows_come_and_go(server, anna, sort):
    dice = random.Random(sort)
    fill(anna, 40, dice)
    before = {task["id"]: task for task in anna.get("/tasks?limit=200").json}
    gone, rounds = set(), iter(range(12))

    def disturb():
        if next(rounds, None) is None:  # else an ascending walk would follow the new rows for ever
            return
        fill(anna, 2, dice)
        victim = dice.choice(sorted(set(before) - gone))
        assert anna.delete(f"/tasks/{victim}").status == 204
        gone.add(victim)
    got = walk(anna, query(sort=sort, limit=5), disturb)
    seen = [task["id"] for task in got]
    assert len(seen) == len(set(seen)), "a task came twice"
    assert set(before) - gone <= set(seen), "a task was skipped"
    assert got == in_order(server, got, sort)


def test_filters_go_along_with_the_link(anna):
    anna.post("/tasks", [{"title": f"Größe {number}", "tags": ["x y", "ä,&="], "completed": number % 2 == 0} for number in range(14)])
    text = "?" + urllib.parse.urlencode([("tag", "x y"), ("tag", "ä,&="), ("q", "GRÖSSE"[:3]), ("completed", "true"), ("limit", 3), ("sort", "title"), ("count", "true")])
    got = walk(anna, text)
    assert len(got) == 7 and all(task["completed"] for task in got)


def test_the_last_page_has_no_link(anna):
    anna.post("/tasks", [{"title": "x"}] * 5)
    assert anna.get("/tasks?limit=4").header("Link")
    assert anna.get("/tasks?limit=6").header("Link") is None
    assert anna.get("/tasks").header("Link") is None


def test_a_link_keeps_the_order_and_the_size_of_the_page(anna):
    anna.post("/tasks", [{"title": "x"}] * 5)
    target = LINK.fullmatch(anna.get("/tasks?limit=2&sort=-title").header("Link"))[1]
    asked = urllib.parse.parse_qs(urllib.parse.urlsplit(target).query)
    assert (asked["limit"], asked["sort"], len(asked["cursor"])) == (["2"], ["-title"], 1)


def cursor_of(user, text="?limit=1"):
    target = LINK.fullmatch(user.get("/tasks" + text).header("Link"))[1]
    return urllib.parse.parse_qs(urllib.parse.urlsplit(target).query)["cursor"][0]


@pytest.mark.parametrize("cursor", ["", "x", "0", "null", "A" * 22, "A" * 3000, "é", "'; DROP TABLE tasks; --", "../..", "{}", "[]", "eyJ9", "-", "_" * 40, "%", "\t", "=" * 8,
                                    base64.urlsafe_b64encode(b"\0" * 40).decode(), base64.urlsafe_b64encode(b"\xff" * 24).decode(), base64.b64encode(b'{"id":1}').decode()])
def test_a_cursor_that_is_none_is_422(anna, cursor):
    anna.task()
    check_problem(anna.get("/tasks" + query(cursor=cursor)), 422, fields=["cursor"])


def test_a_damaged_cursor_never_upsets_the_service(anna):
    fill(anna, 5, random.Random(1))
    for sort in SORTS:
        good = cursor_of(anna, f"?limit=1&sort={sort}")
        dice = random.Random(good)
        for _ in range(12):
            place = dice.randrange(len(good))
            damaged = dice.choice([good[:place], good[:place] + "A" + good[place + 1:], good + good, good[place:], good[:place] + "-" + good[place:]])
            answer = anna.get("/tasks" + query(sort=sort, limit=2, cursor=damaged))
            assert answer.status in (200, 422), (good, damaged, answer)


def test_a_cursor_of_another_order_is_refused_or_harmless(anna):
    fill(anna, 5, random.Random(2))
    cursors = {sort: cursor_of(anna, f"?limit=1&sort={sort}") for sort in SORTS}
    for sort in SORTS:
        for cursor in cursors.values():
            answer = anna.get("/tasks" + query(sort=sort, cursor=cursor))
            assert answer.status in (200, 422), answer


def test_another_users_cursor_shows_nothing_of_theirs(anna, bert):
    for user, name in ((anna, "Anna's"), (bert, "Bert's")):
        user.post("/tasks", [{"title": name}] * 5)
    answer = bert.get("/tasks" + query(cursor=cursor_of(anna)))
    assert answer.status in (200, 422)
    assert answer.status == 422 or {task["title"] for task in answer.json} <= {"Bert's"}


def test_a_cursor_outlives_the_task_it_was_made_of(anna):
    fill(anna, 6, random.Random(3))
    for sort in SORTS:
        listed = anna.get(f"/tasks?limit=200&sort={sort}").json
        cursor = cursor_of(anna, f"?limit=1&sort={sort}")
        anna.delete(f"/tasks/{listed[0]['id']}")
        rest = anna.get("/tasks" + query(sort=sort, cursor=cursor)).json
        assert [task["id"] for task in rest] == [task["id"] for task in listed[1:]]
        fill(anna, 1, random.Random(sort))
