"""Every field of a task: its limits from both sides, its forms, its defaults."""
import datetime
import re

import pytest

from client import check_problem

AROUND = "\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2003\u200a\u2028\u2029\u202f\u205f\u3000"
CONTROLS = ["\x01", "\x07", "\x08", "\t", "\n", "\r", "\x1b", "\x1f", "\x7f", "\x80", "\x85", "\x9f"]
# Three characters of one, two, three and four bytes, and one that is made of two code points.
LETTERS = ["x", "é", "例", "😀", "e\u0301"[1]]


def create(user, **members):
    return user.post("/tasks", {"title": "x", **members})


@pytest.fixture(params=["create", "put", "patch"])
def write(request, anna):
    """The field rules hold for every way to write a task."""
    if request.param == "create":
        return lambda **members: create(anna, **members)
    path = f"/tasks/{anna.task()['id']}"
    if request.param == "put":
        return lambda **members: anna.put(path, {"title": "x", **members})
    return lambda **members: anna.patch(path, members)


def accepted(answer, **members):
    assert answer.status in (200, 201), answer
    assert {name: answer.json[name] for name in members} == members


@pytest.mark.parametrize("letter", LETTERS)
def test_a_title_has_1_to_200_characters_whatever_their_bytes(write, letter):
    for size in (1, 199, 200):
        accepted(write(title="a" + letter * (size - 1)), title="a" + letter * (size - 1))
    check_problem(write(title="a" + letter * 200), 422, fields=["title"])


def test_white_space_around_a_title_goes_before_it_is_measured(write):
    accepted(write(title=AROUND + "Buy\u00a0 milk" + AROUND), title="Buy\u00a0 milk")
    accepted(write(title=AROUND + "x" * 200 + AROUND * 20), title="x" * 200)
    for empty in ("", " ", AROUND):
        check_problem(write(title=empty), 422, fields=["title"])


@pytest.mark.parametrize("control", CONTROLS, ids=repr)
def test_a_title_or_tag_holds_no_control_character(write, control):
    check_problem(write(title=f"a{control}b"), 422, fields=["title"])
    wrong = check_problem(write(tags=[f"a{control}b"]), 422)["errors"]
    assert all(error["field"].startswith("tags") for error in wrong)


@pytest.mark.parametrize("title", ["<script>alert(1)</script>", "'; DROP TABLE tasks; --", "%s%n", "\\", "{}", "null", "\u202ertl", "\u200bzero",
                                   "a\u0300\u0301", "👨‍👩‍👧‍👦", "\uffff", "\U0010ffff", "ﬁ ẞ İ", "$1", "NaN", "\ufeffbom", "\\u0000", "\"q\""])
def test_an_odd_title_is_kept_as_it_is(write, title):
    accepted(write(title=title), title=title)


@pytest.mark.parametrize("title", [1, 1.5, True, [], {}, ["x"], {"a": 1}])
def test_a_title_is_a_string(write, title):
    check_problem(write(title=title), 422, fields=["title"])


@pytest.mark.parametrize("letter", LETTERS[:4])
def test_a_description_has_at_most_10000_characters(write, letter):
    accepted(write(description=letter * 10000), description=letter * 10000)
    check_problem(write(description=letter * 10001), 422, fields=["description"])


@pytest.mark.parametrize("text", ["", " ", "  kept  ", "a\nb\tc\r\n", AROUND, "\x01\x1f\x7f\x9f", "<b>", "line\u2028line"])
def test_a_description_is_kept_as_sent(write, text):
    accepted(write(description=text), description=text)


def test_a_description_may_be_null(write):
    accepted(write(description="x"), description="x")
    accepted(write(description=None), description=None)


@pytest.mark.parametrize("wrong", [1, False, [], {}, ["x"]])
def test_a_description_is_a_string_or_null(write, wrong):
    check_problem(write(description=wrong), 422, fields=["description"])


@pytest.mark.parametrize("priority", ["low", "medium", "high"])
def test_a_priority_is_one_of_three_words(write, priority):
    accepted(write(priority=priority), priority=priority)


@pytest.mark.parametrize("wrong", ["", "urgent", "Low", "HIGH", " low", "low ", "lo", "lowx", 0, 1, True, [], ["low"], {}])
def test_another_priority_is_422(write, wrong):
    check_problem(write(priority=wrong), 422, fields=["priority"])


@pytest.mark.parametrize("wrong", ["true", "false", "", 0, 1, "yes", [], {}])
def test_completed_is_true_or_false(write, wrong):
    check_problem(write(completed=wrong), 422, fields=["completed"])


@pytest.mark.parametrize("number", [-2147483648, -1, 0, 1, 2147483647])
def test_order_is_a_32_bit_integer(write, number):
    accepted(write(order=number), order=number)


@pytest.mark.parametrize("wrong", [-2147483649, 2147483648, 2 ** 63, -2 ** 63, 2 ** 64, 10 ** 30, 0.5, -1.5, 1e300, "1", "", True, False, [], {}])
def test_another_order_is_422(write, wrong):
    check_problem(write(order=wrong), 422, fields=["order"])


def test_order_may_be_null(write):
    accepted(write(order=5), order=5)
    accepted(write(order=None), order=None)


@pytest.mark.parametrize("sent, kept", [
    ([], []), (["home"], ["home"]), (["b", "a", "c"], ["b", "a", "c"]), (["a", "a"], ["a"]), (["b", "a", "b", "c", "a"], ["b", "a", "c"]),
    ([" a ", "a"], ["a"]), (["a\u3000", "\u00a0b"], ["a", "b"]), (["a", "A"], ["a", "A"]), (["é", "e\u0301"], ["é", "e\u0301"]),
    (["x" * 50], ["x" * 50]), ([" " + "😀" * 50 + " "], ["😀" * 50]), (["a b", "a,b", "{}", '"', "\\", "NULL", "null"], None),
    ([f"tag{number}" for number in range(20)], None), ([f"tag{number % 20}" for number in range(500)], [f"tag{number}" for number in range(20)]),
    (["例"] * 21, ["例"])])
def test_tags_are_a_set_in_the_order_first_given(write, sent, kept):
    accepted(write(tags=sent), tags=sent if kept is None else kept)


@pytest.mark.parametrize("wrong", [
    "home", 1, True, {}, {"0": "a"}, [1], [None], [True], [[]], [{}], [""], [" "], ["ok", ""], [AROUND], ["x" * 51], ["é" * 51], ["ok", 1],
    [f"tag{number}" for number in range(21)], [["home"]]])
def test_other_tags_are_422(write, wrong):
    wrong = check_problem(write(tags=wrong), 422)["errors"]
    assert wrong and all(re.fullmatch(r"tags(\[\d+\])?", error["field"]) for error in wrong)


@pytest.mark.parametrize("day", ["2026-11-30", "2024-02-29", "2000-02-29", "1970-01-01", "1999-12-31", "0001-01-01", "9999-12-31", "1900-02-28"])
def test_a_date_stays_a_date(write, day):
    accepted(write(due_date=day), due_date=day)


@pytest.mark.parametrize("sent, meant", [
    ("2026-11-30T10:00:00Z", "2026-11-30T10:00:00"), ("2026-11-30T10:00:00z", "2026-11-30T10:00:00"), ("2026-11-30t10:00:00Z", "2026-11-30T10:00:00"),
    ("2026-11-30T10:00:00+02:00", "2026-11-30T08:00:00"), ("2026-11-30T00:30:00+05:45", "2026-11-29T18:45:00"),
    ("2026-12-31T23:30:00-01:00", "2027-01-01T00:30:00"), ("2026-11-30T10:00:00-00:00", "2026-11-30T10:00:00"), ("2026-11-30T00:00:00Z", "2026-11-30T00:00:00"),
    ("2026-11-30T10:00:00.5Z", "2026-11-30T10:00:00.500000"), ("2026-11-30T10:00:00.123456Z", "2026-11-30T10:00:00.123456"),
    ("2026-11-30T10:00:00.100Z", "2026-11-30T10:00:00.100000"), ("2024-02-29T23:59:59Z", "2024-02-29T23:59:59"), ("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999"),
    ("2026-11-30T10:00:00.1234567Z", "2026-11-30T10:00:00.123456"), ("2026-11-30T10:00:00.999999999+00:00", "2026-11-30T10:00:00.999999"),
    ("2026-11-30T10:00:00.0000000", "2026-11-30T10:00:00"), ("2026-11-30T10:00Z", "2026-11-30T10:00:00"), ("2026-11-30T10:00+01:00", "2026-11-30T09:00:00"),
    ("2026-11-30T10:00", "2026-11-30T10:00:00"), ("2026-11-30T10:00:00", "2026-11-30T10:00:00"), ("2026-11-30T10:43:20.761678", "2026-11-30T10:43:20.761678"),
    ("2026-11-30T10:00:00+23:59", "2026-11-29T10:01:00"), ("2026-11-30T10:00:00-23:59", "2026-12-01T09:59:00")])
def test_a_date_time_comes_back_in_utc(write, sent, meant):
    answer = write(due_date=sent)
    assert answer.status in (200, 201), answer
    got = answer.json["due_date"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", got)
    assert datetime.datetime.fromisoformat(got[:-1]) == datetime.datetime.fromisoformat(meant)


@pytest.mark.parametrize("wrong", [
    " ", "today", "tomorrow", "now", "infinity", "-infinity", "epoch", "2026", "2026-11", "2026-1-1", "26-11-30", "20261130", "2026/11/30", "30.11.2026", "11-30-2026",
    "2026-02-29", "2100-02-29", "1900-02-29", "2026-02-30", "2026-04-31", "2026-13-01", "2026-00-10", "2026-01-00", "2026-01-32", "12026-01-01", "-2026-01-01", "+2026-01-01",
    "2026-11-30T10", "2026-11-30T10:0", "2026-11-30T10:00:", "2026-11-30T10:00.5Z", "2026-11-30T10Z", "2026-11-30T", "2026-11-30TZ", "2026-11-30Z", "2026-11-30T24:00:00Z", "2026-11-30T25:00:00Z",
    "2026-11-30T10:60:00Z", "2026-11-30T10:00:61Z", "2026-11-30T10:00:00+24:00", "2026-11-30T10:00:00+02:60", "2026-11-30T10:00:00+2:00", "2026-11-30T10:00:00+0200",
    "2026-11-30T10:00:00+02", "2026-11-30T10:00:00.Z", "2026-11-30T10:00:00,5Z", "2026-11-30T10:00:00Z ", " 2026-11-30", "2026-11-30 ", "2026-11-30T10:00:00ZZ", "2026-11-30T10:00:00 Z",
    "2026-11-30T10:00:00Zx", "2026-11-30T10:00:00UTC", "2026-W48-1", "2026-334", "٢٠٢٦-١١-٣٠", "２026-11-30", "2026-11-30\n", "2026–11–30", "x2026-11-30", "2026-11-30T10:00:00.Zx",
    20261130, 1.5, True, [], {}, ["2026-11-30"], "1" * 10000])
def test_what_is_no_date_is_422(write, wrong):
    check_problem(write(due_date=wrong), 422, fields=["due_date"])


@pytest.mark.parametrize("edge", ["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00Z", "0000-01-01",
                                  "0000-12-31T23:59:59Z", "2026-11-30T10:00:00.1234567Z", "2026-11-30T10:00:00.9999999Z", "2016-12-31T23:59:60Z", "2026-11-30 10:00:00Z",
                                  "9999-12-31T23:59:59.9999999Z", "2026-11-30T10:00:00." + "1" * 1000 + "Z"])
def test_a_date_at_an_edge_is_kept_or_422(anna, edge):
    made = create(anna, due_date=edge)
    if made.status != 201:
        check_problem(made, 422, fields=["due_date"])
        return
    again = anna.get(f"/tasks/{made.json['id']}")
    assert again.json == made.json
    assert anna.put(f"/tasks/{made.json['id']}", made.json).json["due_date"] == made.json["due_date"]
    assert anna.get("/tasks?sort=due_date").json == anna.get("/tasks?sort=-due_date").json


def test_due_date_may_be_null(write):
    accepted(write(due_date="2026-11-30"), due_date="2026-11-30")
    accepted(write(due_date=None), due_date=None)


def test_an_emptied_due_date_is_null(write):
    accepted(write(due_date="2026-11-30"), due_date="2026-11-30")
    accepted(write(due_date=""), due_date=None)


def test_every_wrong_field_is_named_at_once(write):
    wrong = {"title": "", "description": 1, "completed": "no", "priority": "x", "due_date": "x", "order": "x", "nickname": 1}
    check_problem(write(**wrong), 422, fields=list(wrong))


def test_a_refused_write_changes_nothing(anna):
    task = anna.task()
    for method in ("PUT", "PATCH"):
        check_problem(anna.request(method, f"/tasks/{task['id']}", {"title": "y", "order": "x"}), 422, fields=["order"])
    check_problem(create(anna, priority="x"), 422)
    assert anna.get("/tasks").json == [task]
