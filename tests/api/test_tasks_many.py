"""Lists of somebody with some thousand tasks, of which a filter lets pass few, many, all, or those that lie last."""
import pytest

from listing import KEYS, in_order, query, walk

SORTS = [sign + key for key in KEYS for sign in ("", "-")]
# Every order has ties and, where they may be, nulls; and needles lie at its beginning, its end and in between.
SEED = """
INSERT INTO tasks (user_id, id, title, description, completed_at, priority, tags, due_at, due_is_date, sort_order, created_at, updated_at)
SELECT '%(user)s', gen_random_uuid(), CASE WHEN needle THEN 'Needle ' ELSE 'Straw ' END || n %% 400, CASE WHEN n %% 3 = 0 THEN 'About it' END,
       CASE WHEN (n %% 2 = 0) <> needle THEN now() END, CASE WHEN needle THEN 2 ELSE n %% 2 END,
       CASE WHEN needle THEN '{work,rare}' WHEN n %% 3 = 0 THEN '{work}' ELSE '{}' END::text[],
       CASE WHEN n %% 5 > 0 OR needle THEN timestamptz '2020-01-01' + (n * 7919 %% 1500 + CASE WHEN needle THEN 30000 ELSE 0 END) * interval '1 hour' END,
       false, CASE WHEN n %% 7 > 1 THEN n * 6007 %% 1500 END, now() - n * interval '1 minute', now() - n * 4001 %% 1500 * interval '1 second'
FROM (SELECT n, n %% 131 = 130 OR n = 2500 AS needle FROM generate_series(1, 2500) n) s
"""
FILTERS = {
    "q=NEEDLE": lambda task: "Needle" in task["title"],
    "q=n": lambda task: "n" in task["title"].lower(),
    "q=ee": lambda task: "ee" in task["title"],
    "q=straw": lambda task: "Straw" in task["title"],
    "q=STRAW+7": lambda task: "Straw 7" in task["title"],
    "q=nobody+wrote+this": lambda task: False,
    "tag=rare": lambda task: "rare" in task["tags"],
    "tag=work&q=about&completed=true": lambda task: "work" in task["tags"] and task["description"] and task["completed"],
    "priority=high": lambda task: task["priority"] == "high",
    "priority=low,high": lambda task: task["priority"] != "medium",
    "priority=medium,high&tag=rare": lambda task: "rare" in task["tags"],
    "completed=true&tag=rare": lambda task: task["completed"] and "rare" in task["tags"],
    "due_after=2023-05-01": lambda task: task["due_date"] and task["due_date"] >= "2023-05-01",
    "due_before=2020-01-02": lambda task: task["due_date"] and task["due_date"] < "2020-01-02",
    "overdue=true&q=needle": lambda task: not task["completed"] and "Needle" in task["title"],
}


@pytest.fixture(scope="module")
def many(server):
    """Somebody with 2,500 tasks, and the tasks; these tests only read them."""
    user = server.user()
    server.sql(SEED % {"user": user.id})
    return user, walk(user, query(limit=200))


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("text", FILTERS)
def test_every_page_has_what_passes_wherever_it_lies(server, many, sort, text):
    user, everything = many
    wanted = in_order(server, [task for task in everything if FILTERS[text](task)], sort)
    limit = 7 if len(wanted) < 50 else 200
    assert walk(user, f"?{text}&sort={sort}&limit={limit}") == wanted


@pytest.mark.parametrize("text", FILTERS)
def test_the_total_is_of_all_that_passes_on_every_page(many, text):
    user, everything = many
    wanted = str(sum(1 for task in everything if FILTERS[text](task)))
    answer = user.get(f"/tasks?{text}&count=true&limit=3")
    assert answer.header("X-Total-Count") == wanted
    if link := answer.header("Link"):
        following = user.get("/tasks" + link[link.index("?"):link.index(">")])
        assert following.header("X-Total-Count") == wanted and len(following.json) == min(3, int(wanted) - 3)


# The only one that passes is the last, or nearly, of as many tasks as a page looks at one by one, or one more or less.
@pytest.mark.parametrize("behind", [0, 1])
@pytest.mark.parametrize(("limit", "others"), [(limit, others) for limit in (1, 2) for others in (0, 1, 498, 499, 500, 501, 502, 1000)]
                         + [(51, others) for others in range(508, 513)] + [(200, others) for others in range(1998, 2003)])
def test_the_one_that_passes_is_found_behind_any_number_of_others(anna, others, behind, limit):
    anna.server.sql(f"""
        INSERT INTO tasks (user_id, id, title, created_at)
        SELECT '{anna.id}', gen_random_uuid(), CASE n WHEN {others} THEN 'Needle' ELSE 'Straw' END, now() - n * interval '1 minute'
        FROM generate_series(0, {others + behind}) n""")
    for text in ("q=needle", "q=ne", "q=needle&status=pending"):
        answer = anna.get(f"/tasks?{text}&limit={limit}")
        assert [task["title"] for task in answer.json] == ["Needle"] and answer.header("Link") is None, answer
