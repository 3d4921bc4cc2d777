"""GET /tasks: filters, sorting, counting, entity tags."""
import datetime
import json
import random
import re
import urllib.parse

import pytest

from client import check_problem
from listing import KEYS, in_order, page, query, walk

UTC = datetime.timezone.utc
TITLES = ["a", "B", "c", "Á", "ä", "z", "Z", "10", "9", "_x", "-y", "éclair", "Eclair", "straße", "strasse", "日本", "Ω", "ω", "a b", "ab", "😀", "A"]


@pytest.fixture(scope="module")
def many(server):
    """A user with tasks of all kinds; these tests only read them. And the tasks."""
    user, dice = server.user(), random.Random(7)
    body = []
    for number in range(60):
        due = [None, f"2026-0{dice.randint(1, 9)}-15", f"2026-0{dice.randint(1, 9)}-15T12:00:00Z", f"2090-0{dice.randint(1, 9)}-15"]
        body.append({"title": dice.choice(TITLES), "description": dice.choice([None, "", "Some Text", "ÉPSILON under_score 100% \\ back"]),
                     "completed": dice.random() < 0.4, "priority": dice.choice(["low", "medium", "high"]), "order": dice.choice([None, None, -5, 0, 3, number]),
                     "tags": dice.sample(["home", "work", "a,b", "é", "x y"], dice.randint(0, 3)), "due_date": dice.choice(due)})
    assert user.post("/tasks", body).status == 201
    return user, user.get("/tasks?limit=200").json


def titles_of(user, *texts):
    for text in texts:
        user.task(title=text)


def due_instant(task):
    text = task["due_date"]
    moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def is_overdue(task):
    if task["completed"] or not task["due_date"]:
        return False
    length = datetime.timedelta(days=1 if len(task["due_date"]) == 10 else 0)
    return due_instant(task) + length <= datetime.datetime.now(UTC)


def folded(task):
    return f"{task['title']}\n{task['description'] or ''}".casefold()


FILTERS = {
    "completed=true": lambda task: task["completed"],
    "completed=false": lambda task: not task["completed"],
    "status=all": lambda task: True,
    "status=pending": lambda task: not task["completed"],
    "status=completed": lambda task: task["completed"],
    "priority=low": lambda task: task["priority"] == "low",
    "priority=low,high": lambda task: task["priority"] in ("low", "high"),
    "priority=high,medium,low": lambda task: True,
    "tag=home": lambda task: "home" in task["tags"],
    "tag=home&tag=work": lambda task: {"home", "work"} <= set(task["tags"]),
    "tag=a%2Cb": lambda task: "a,b" in task["tags"],
    "tag=%C3%A9": lambda task: "é" in task["tags"],
    "tag=x+y": lambda task: "x y" in task["tags"],
    "tag=x%20y&tag=home": lambda task: {"home", "x y"} <= set(task["tags"]),
    "tag=HOME": lambda task: False,
    "tag=hom": lambda task: False,
    "q=some": lambda task: "some text" in folded(task),
    "q=SOME+TEXT": lambda task: "some text" in folded(task),
    "q=%C3%A9psi": lambda task: "épsi" in folded(task),
    "q=%25": lambda task: "%" in folded(task),
    "q=_": lambda task: "_" in folded(task),
    "q=r_s": lambda task: "r_s" in folded(task),
    "q=%5C": lambda task: "\\" in folded(task),
    "q=a": lambda task: "a" in folded(task),
    "q=zzzz": lambda task: False,
    "due_before=2026-05-15": lambda task: task["due_date"] and due_instant(task) < datetime.datetime(2026, 5, 15, tzinfo=UTC),
    "due_after=2026-05-15": lambda task: task["due_date"] and due_instant(task) >= datetime.datetime(2026, 5, 15, tzinfo=UTC),
    "due_after=2026-05-15T12:00:00Z": lambda task: task["due_date"] and due_instant(task) >= datetime.datetime(2026, 5, 15, 12, tzinfo=UTC),
    "due_before=2026-05-15T14:00:00%2B02:00": lambda task: task["due_date"] and due_instant(task) < datetime.datetime(2026, 5, 15, 12, tzinfo=UTC),
    "due_after=2026-03-01&due_before=2026-07-01": lambda task: task["due_date"] and "2026-03-01" <= task["due_date"] < "2026-07-01",
    "overdue=true": is_overdue,
    "status=pending&completed=true": lambda task: False,
    "status=completed&completed=false": lambda task: False,
    "status=all&completed=true": lambda task: task["completed"],
    "status=completed&completed=true": lambda task: task["completed"],
    "status=pending&completed=true&sort=-due_date&tag=home": lambda task: False,
    "status=pending&priority=high,low&tag=home&sort=title": lambda task: not task["completed"] and task["priority"] != "medium" and "home" in task["tags"],
}


@pytest.mark.parametrize("text", FILTERS)
def test_a_filter_selects_what_it_says(many, text):
    user, tasks = many
    answer = user.get(f"/tasks?limit=200&count=true&{text}")
    assert answer.status == 200, answer
    expected = {task["id"] for task in tasks if FILTERS[text](task)}
    assert {task["id"] for task in answer.json} == expected and len(answer.json) == len(expected)
    assert answer.header("X-Total-Count") == str(len(expected))


@pytest.mark.parametrize("text, fields", [
    ("completed=maybe", ["completed"]), ("completed=", ["completed"]), ("completed=1", ["completed"]), ("status=done", ["status"]), ("priority=urgent", ["priority"]),
    ("priority=low,urgent", ["priority"]), ("due_before=soon", ["due_before"]), ("due_after=2026-02-30", ["due_after"]), ("overdue=perhaps", ["overdue"]),
    ("sort=size", ["sort"]), ("sort=", ["sort"]), ("sort=--title", ["sort"]), ("sort=title,order", ["sort"]), ("sort=TITLE", ["sort"]), ("sort=user_id", ["sort"]), ("sort=%2Btitle", ["sort"]),
    ("limit=0", ["limit"]), ("limit=1001", ["limit"]), ("limit=-1", ["limit"]), ("limit=x", ["limit"]), ("limit=", ["limit"]), ("limit=1.5", ["limit"]), ("limit=99999999999999999999", ["limit"]),
    ("limit=5x", ["limit"]), ("limit=0x5", ["limit"]), ("count=maybe", ["count"]), ("due_after=2026-05-15T14:00:00+02:00", ["due_after"]), ("sort=title;drop", ["sort"]),
    ("limit=0&sort=size&colour=red&priority=x", ["limit", "sort", "colour", "priority"]), ("offset=5", ["offset"]), ("page=2", ["page"]), ("Limit=5", ["Limit"])])
def test_a_wrong_parameter_is_422_and_every_one_is_named(anna, text, fields):
    check_problem(anna.get(f"/tasks?{text}"), 422, fields=fields)


@pytest.mark.parametrize("limit", [1, 2, 200, 201, 999, 1000])
def test_a_limit_lies_between_1_and_200(many, limit):
    user, tasks = many
    assert len(user.get(f"/tasks?limit={limit}").json) == min(limit, len(tasks))


def test_a_list_has_1000_tasks_unless_told(anna):
    assert anna.post("/tasks", [{"title": "x"}] * 1000).status == 201
    answer = anna.get("/tasks")
    assert (len(answer.json), answer.header("Link")) == (1000, None)
    anna.task(title="one more")
    answer = anna.get("/tasks")
    assert (len(answer.json), answer.json[0]["title"]) == (1000, "one more")
    assert len(page(anna, answer.header("Link")).json) == 1


def test_a_page_of_very_long_tasks_ends_early_and_leads_on(anna):
    for _ in range(5):
        assert anna.post("/tasks", body=json.dumps([{"title": "x", "description": "😀" * 10000}] * 25, ensure_ascii=False).encode()).status == 201
    answer = anna.get("/tasks")
    assert answer.status == 200 and 50 < len(answer.json) < 125, len(answer.json)
    assert len(walk(anna, "")) == 125


def test_newest_first_unless_told(anna):
    ids = [anna.task()["id"] for _ in range(5)]
    assert [task["id"] for task in anna.get("/tasks").json] == ids[::-1]


def test_nobody_has_no_tasks(anna):
    answer = anna.get("/tasks?count=true")
    assert (answer.status, answer.json, answer.header("X-Total-Count"), answer.header("Link")) == (200, [], "0", None)


@pytest.mark.parametrize("sort", [sign + key for key in KEYS for sign in ("", "-")])
def test_every_order_has_nulls_last_and_ties_broken_by_id(server, many, sort):
    user, tasks = many
    got = user.get(f"/tasks?limit=200&sort={sort}").json
    assert [task["id"] for task in got] == [task["id"] for task in in_order(server, tasks, sort)]


def test_priorities_are_ordered_by_their_weight(anna):
    for priority in ("high", "low", "medium"):
        anna.task(priority=priority)
    assert [task["priority"] for task in anna.get("/tasks?sort=priority").json] == ["low", "medium", "high"]
    assert [task["priority"] for task in anna.get("/tasks?sort=-priority").json] == ["high", "medium", "low"]


def test_titles_are_ordered_as_people_order_them(anna):
    titles_of(anna, "Zebra", "apple", "Äpfel", "Banana", "äpfel", "cherry", "Apple")
    assert anna.titles("?sort=title") == ["äpfel", "Äpfel", "apple", "Apple", "Banana", "cherry", "Zebra"]


def test_dates_and_date_times_are_ordered_by_their_instant(anna):
    for due in ("2026-05-02", None, "2026-05-01T23:00:00Z", "2026-05-01", "2026-05-02T01:00:00+02:00"):
        anna.task(title=str(due), due_date=due)
    assert anna.titles("?sort=due_date")[0] == "2026-05-01" and anna.titles("?sort=due_date")[-2:] == ["2026-05-02", "None"]
    assert anna.titles("?sort=-due_date")[0] == "2026-05-02" and anna.titles("?sort=-due_date")[-2:] == ["2026-05-01", "None"]


@pytest.mark.parametrize("text, found", [
    ("épsi", ["Épsilon ÉPSI"]), ("ÉPSI", ["Épsilon ÉPSI"]), ("epsi", []), ("STRASSE", ["Straße"]), ("straße", ["Straße"]), ("100%", ["100% \\ sure_"]), ("100_", []), ("%", ["100% \\ sure_"]),
    ("_", ["100% \\ sure_"]), ("\\", ["100% \\ sure_"]), ("\\ ", ["100% \\ sure_"]), ("ωμεγα", ["ΩΜΕΓΑ Ωμέγας"]), ("ωμέγα", ["ΩΜΕΓΑ Ωμέγας"]), ("ЖУК", ["жук"]), ("жу", ["жук"]), ("😀", ["😀 smile"]),
    ("'", ["it's"]), ("' OR '1'='1", []), ("*", []), (".", []), ("^", []), ("smile", ["😀 smile"]), ("日本", ["日本語"]), ("本", ["日本語"]), ("?", []), ("[a]", [])])
def test_a_search_folds_case_and_takes_every_character_as_it_is(anna, text, found):
    titles_of(anna, "Épsilon ÉPSI", "Straße", "100% \\ sure_", "ΩΜΕΓΑ Ωμέγας", "жук", "😀 smile", "it's", "日本語")
    answer = anna.get("/tasks?" + urllib.parse.urlencode({"q": text}))
    if text in ("STRASSE", "straße"):  # what is one letter to some is two to others
        assert set(task["title"] for task in answer.json) <= {"Straße"}
    else:
        assert [task["title"] for task in answer.json] == found


def test_a_search_looks_into_title_and_description_but_not_across(anna):
    anna.task(title="left", description="right")
    for text, count in [("left", 1), ("RIGHT", 1), ("leftright", 0), ("left right", 0), ("tr", 0), ("ftri", 0)]:
        assert len(anna.get("/tasks?" + urllib.parse.urlencode({"q": text})).json) == count, text


@pytest.mark.parametrize("size", [1, 200, 1000])
def test_a_search_may_be_long(anna, size):
    anna.task(title="long", description="start " + "é" * 1000 + " end")
    anna.task(title="short")
    assert anna.titles(query(q="É" * size)) == ["long"]
    assert anna.titles(query(q="É" * (size - 1) + "x")) == []


def test_before_is_exclusive_and_after_inclusive(anna):
    for due in ("2026-05-01", "2026-05-01T00:00:00Z", "2026-05-01T00:00:00.000001Z", "2026-04-30T23:59:59.999999Z", "2026-05-02"):
        anna.task(title=due, due_date=due)
    anna.task(title="never")
    assert set(anna.titles("?due_before=2026-05-01")) == {"2026-04-30T23:59:59.999999Z"}
    assert set(anna.titles("?due_after=2026-05-01&due_before=2026-05-02")) == {"2026-05-01", "2026-05-01T00:00:00Z", "2026-05-01T00:00:00.000001Z"}
    assert set(anna.titles("?due_after=2026-05-01T00:00:00.000001Z")) == {"2026-05-01T00:00:00.000001Z", "2026-05-02"}
    assert set(anna.titles("?due_before=2026-05-01T00:00:00.000001Z")) == {"2026-05-01", "2026-05-01T00:00:00Z", "2026-04-30T23:59:59.999999Z"}


def test_a_task_is_overdue_when_its_instant_or_its_whole_day_has_passed(anna):
    now = datetime.datetime.now(UTC)
    day, hour = datetime.timedelta(days=1), datetime.timedelta(hours=1)
    for title, due in [("an hour ago", now - hour), ("in an hour", now + hour)]:
        anna.task(title=title, due_date=due.strftime("%Y-%m-%dT%H:%M:%SZ"))
        anna.task(title=title + ", done", due_date=due.strftime("%Y-%m-%dT%H:%M:%SZ"), completed=True)
    for title, due in [("the day before yesterday", now - 2 * day), ("tomorrow", now + day), ("today", now)]:
        anna.task(title=title, due_date=due.date().isoformat())
    anna.task(title="no date")
    found = set(anna.titles("?overdue=true"))
    expected = {"an hour ago", "the day before yesterday"}
    assert found == expected or (found == expected | {"today"} and datetime.datetime.now(UTC).date() > now.date())


def test_the_total_counts_what_the_filters_select_on_every_page(anna):
    anna.post("/tasks", [{"title": "x", "completed": number < 5} for number in range(8)])
    answer = anna.get("/tasks?count=true&limit=2&completed=true")
    assert (len(answer.json), answer.header("X-Total-Count")) == (2, "5")
    following = page(anna, answer.header("Link"))
    assert (len(following.json), following.header("X-Total-Count")) == (2, "5")
    for without in ("", "?count=false"):
        assert anna.get("/tasks" + without).header("X-Total-Count") is None


def test_a_list_has_a_weak_etag_that_changes_with_what_it_shows(anna):
    def etag(text=""):
        return anna.get("/tasks" + text).etag
    task = anna.task()
    first = etag()
    assert re.fullmatch(r'W/"[^"]+"', first) and first == etag()
    seen = {first}
    for change in (lambda: anna.task(), lambda: anna.patch(f"/tasks/{task['id']}", {"order": 1}), lambda: anna.post(f"/tasks/{task['id']}/complete"),
                   lambda: anna.delete(f"/tasks/{task['id']}")):
        change()
        assert etag() not in seen
        seen.add(etag())
    anna.task(), anna.task()
    assert len({etag(), etag("?limit=1"), etag("?sort=created_at"), etag("?status=completed")}) == 4


def test_a_lists_etag_tells_tasks_apart_whose_chosen_ids_end_alike(anna):
    anna.post("/tasks", [{"title": str(number), "id": f"0000000{number}-0000-7000-8000-000000000000"} for number in range(1, 5)])
    before = anna.get("/tasks?limit=2")
    assert anna.delete(f"/tasks/{before.json[0]['id']}").status == 204
    after = anna.get("/tasks?limit=2", headers={"If-None-Match": before.etag})
    assert after.status == 200 and [task["title"] for task in after.json] == ["3", "2"]


def test_a_list_that_is_known_is_304(anna, bert):
    anna.task(), anna.task()
    for text in ("/tasks", "/tasks?limit=1&sort=title", "/tasks?limit=1&count=true", "/tasks?status=completed"):
        answer = anna.get(text)
        for sent in (answer.etag, answer.etag.removeprefix("W/"), "*", f'"x", {answer.etag}'):
            again = anna.get(text, headers={"If-None-Match": sent})
            assert (again.status, again.body, again.etag) == (304, b"", answer.etag), sent
            assert again.header("Link") == answer.header("Link")
        assert anna.get(text, headers={"If-None-Match": 'W/"other"'}).status == 200
    listed = anna.get("/tasks")
    anna.task()
    assert anna.get("/tasks", headers={"If-None-Match": listed.etag}).status == 200
    assert bert.get("/tasks", headers={"If-None-Match": listed.etag}).status == 200


def test_the_total_and_the_next_page_are_part_of_what_is_known(anna):
    anna.post("/tasks", [{"title": "x"}] * 3)
    first = anna.get("/tasks?limit=1&count=true")
    last = walk(anna, query(limit=1))[-1]
    anna.delete(f"/tasks/{last['id']}")
    again = anna.get("/tasks?limit=1&count=true", headers={"If-None-Match": first.etag})
    assert again.status == 200 and again.header("X-Total-Count") == "2"
