"""What PostgreSQL does for each request of somebody with 20,000 tasks among many others: the plans that it
really executed, by auto_explain, once they no longer change (a prepared statement's do for five times)."""
import datetime
import json
import re

import harness
import listing
import pytest

OWN, OTHERS, PAGE = 20_000, 4_000, 20
MANY = OWN // 20  # more rows than a page may have to look at, or to sort
ORDERS = [sign + key for key in listing.KEYS for sign in ("", "-")]
SETTINGS = {"WORKERS": 1}
PLAN = re.compile(r"duration: [\d.]+ ms  plan:\n((?:\t.*\n)+)")

# The indexes are made over the filled table: quicker. Strides without a common divisor, so that nothing goes together.
SEED = """
DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT indexname FROM pg_indexes WHERE tablename = 'tasks' AND indexname <> 'tasks_pkey' LOOP
        EXECUTE 'DROP INDEX ' || name;
    END LOOP;
END $$;
INSERT INTO users (email, hashed_password)
    SELECT i || '@example.com', '$2b$04$' || repeat('a', 53) FROM generate_series(1, %(others)d) i;
INSERT INTO tasks (user_id, id, title, description, completed_at, priority, tags, due_at, sort_order,
                   created_at, updated_at)
    SELECT o.id, gen_random_uuid(), 'Task ' || md5(o.id::text || i), 'About ' || i,
           CASE WHEN i %% 2 = 0 THEN now() END, i %% 3,
           string_to_array(CASE WHEN i %% 2003 = 50 THEN 'rare' WHEN i %% 5 > 1 THEN 'often' ELSE '' END, ','),
           CASE WHEN i %% 7 > 1 THEN now() + ((i * 7919 + (hashtext(o.id::text) & 65535)) %% 20000 - 10000) * interval '1 hour' END,
           CASE WHEN i %% 11 > 3 THEN i * 6007 %% o.tasks END,
           now() - i * interval '1 minute', now() - i * 4001 %% o.tasks * interval '1 second'
    FROM (SELECT id, CASE id WHEN '%(user)s' THEN %(own)d ELSE 20 END AS tasks FROM users) o,
         generate_series(1, o.tasks) i;
"""


class Planner:
    """One worker, so that requests share their prepared statements, and the log of its PostgreSQL."""

    def __init__(self, cluster, responder, others=OTHERS):
        self.log = cluster.log
        self.user = responder.user()
        responder.sql(SEED % {"user": self.user.id, "own": OWN, "others": others})
        responder.sql((harness.ROOT / "schema.sql").read_text())

    def get(self, path):
        """The answer, and the nodes of the plans that it took. They are in the log before the answer is sent."""
        at = self.log.stat().st_size
        answer = self.user.get(path)
        assert answer.status == 200, answer
        with open(self.log) as log:
            log.seek(at)
            plans = [json.loads(plan) for plan in PLAN.findall(log.read())]
        plans = [plan["Plan"] for plan in plans if "WITH actor" in plan["Query Text"]]
        return answer, [node for plan in plans for node in nodes(plan)]

    def settled(self, path):
        for _ in range(6):
            answer, plan = self.get(path)
        return plan


def nodes(plan):
    """Those that were executed."""
    if plan["Actual Loops"] > 0:
        yield plan
    for below in plan.get("Plans", []):
        yield from nodes(below)


def rows(node):
    """How many rows it looked at."""
    removed = sum(count for name, count in node.items() if name.startswith("Rows Removed"))
    return (node["Actual Rows"] + removed) * node["Actual Loops"]


def on_tasks(plan):
    return [node for node in plan if node.get("Relation Name") == "tasks"]


def sorted_rows(plan):
    """Of the largest sort."""
    return max((rows(node["Plans"][0]) for node in plan if "Sort" in node["Node Type"]), default=0)


@pytest.fixture(scope="module")
def explaining():
    settings = {"shared_preload_libraries": "auto_explain", "auto_explain.log_min_duration": 0,
                "auto_explain.log_analyze": "on", "auto_explain.log_timing": "off",
                "auto_explain.log_format": "json", "autovacuum": "off"}
    with harness.Cluster(settings) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def planner(explaining):
    with harness.Responder(explaining, SETTINGS) as responder:
        made = Planner(explaining, responder)
        responder.sql("VACUUM ANALYZE")
        yield made


@pytest.fixture(scope="module")
def guessing(explaining):
    """Of whose tasks PostgreSQL knows nothing yet."""
    with harness.Responder(explaining, SETTINGS) as responder:
        yield Planner(explaining, responder, others=0)


@pytest.mark.parametrize("order", ORDERS)
def test_a_page_reads_its_own_rows_in_the_order_of_an_index(planner, order):
    plan = planner.settled(f"/tasks?limit={PAGE}&sort={order}")
    [scan] = on_tasks(plan)
    assert scan["Node Type"].startswith("Index") and rows(scan) == PAGE + 1, scan
    assert sorted_rows(plan) == 0, plan


def follow(answer):
    return listing.LINK.fullmatch(answer.header("Link"))[1].removeprefix(harness.Responder.base)


@pytest.mark.parametrize("order", ["-created_at", "title", "-due_date"])
def test_page_99_reads_what_page_2_reads(planner, order):
    headers = [("Authorization", f"Bearer {planner.user.token}")]
    links = [f"/tasks?limit=200&sort={order}"]
    while len(links) < 99:
        links.append(follow(planner.user.call("GET", links[-1], headers, None)))
    for link in (links[1], links[98]):
        plan = planner.settled(link)
        [scan] = on_tasks(plan)
        assert scan["Node Type"].startswith("Index") and rows(scan) == 201, scan
        assert sorted_rows(plan) == 0, plan


# What about every second or third task passes: the walk in order soon has a page together.
@pytest.mark.parametrize("order", ["-created_at", "title", "due_date", "-due_date"])
@pytest.mark.parametrize("wanted", ["completed=true", "status=pending", "priority=high", "priority=low,high", "tag=often", "overdue=true",
                                    "q=task", "q=ABOUT", "overdue=false", "due_after=0001-01-01", "due_before=9999-12-31"])
def test_a_filter_that_lets_much_pass_is_a_walk_in_order(planner, wanted, order):
    plan = planner.settled(f"/tasks?limit={PAGE}&sort={order}&{wanted}")
    [scan] = on_tasks(plan)
    assert "Index" in scan["Node Type"] and rows(scan) <= MANY, scan
    assert sorted_rows(plan) == 0, plan


@pytest.mark.parametrize("limit", [PAGE, 200])
@pytest.mark.parametrize("order", ["-created_at", "title", "due_date", "-due_date", "priority", "-order"])
@pytest.mark.parametrize("wanted", ["status=pending", "tag=often", "overdue=true", "q=task"])
def test_the_next_page_is_a_walk_in_order_too(planner, wanted, order, limit):
    answer, _ = planner.get(f"/tasks?limit={limit}&sort={order}&{wanted}")
    plan = planner.settled(follow(answer))
    [scan] = on_tasks(plan)
    assert "Index" in scan["Node Type"] and rows(scan) <= 10 * 200, scan
    assert sorted_rows(plan) == 0, plan


# A plan for any user takes this one for somebody with few tasks: all the same it must not sort them all.
@pytest.mark.parametrize("limit", [PAGE, 200])
@pytest.mark.parametrize("order", ["-created_at", "title", "due_date", "priority", "-order"])
@pytest.mark.parametrize("wanted", ["status=pending", "tag=often", "overdue=true"])
def test_the_next_page_is_a_walk_in_order_before_there_are_statistics(guessing, wanted, order, limit):
    answer, _ = guessing.get(f"/tasks?limit={limit}&sort={order}&{wanted}")
    plan = guessing.settled(follow(answer))
    assert max(map(rows, on_tasks(plan))) <= 10 * 200 and sorted_rows(plan) == 0, plan


# A long page looks at more: ten times its rows, or where no index helps at as many as it takes.
@pytest.mark.parametrize("order", ["-created_at", "title", "due_date", "-due_date"])
@pytest.mark.parametrize("wanted", ["completed=true&priority=high", "overdue=false&priority=low&completed=true", "status=pending&priority=high",
                                    "overdue=true", "tag=often&status=pending", "tag=often&priority=high"])
def test_a_long_page_is_a_walk_in_order(planner, wanted, order):
    plan = planner.settled(f"/tasks?limit=200&sort={order}&{wanted}")
    [scan] = on_tasks(plan)
    assert "Index" in scan["Node Type"] and rows(scan) <= 10 * 200, scan
    assert sorted_rows(plan) == 0, plan


# What lets little pass is looked up, and only what was found is sorted.
@pytest.mark.parametrize("order", ["-created_at", "title", "due_date", "-due_date"])
@pytest.mark.parametrize("wanted", ["tag=rare", "tag=nobody-has-this", "q=about%20777", "q=nobody-has-this", "due_after=9999-01-01",
                                    "due_before=0001-02-01", "due_after={today}&due_before={tomorrow}",
                                    "tag=rare&status=pending&overdue=true"])
def test_a_filter_that_lets_little_pass_is_looked_up(planner, wanted, order):
    today = datetime.date.today()
    wanted = wanted.format(today=today, tomorrow=today + datetime.timedelta(1))
    plan = planner.settled(f"/tasks?limit={PAGE}&sort={order}&{wanted}")
    assert all("Seq Scan" not in node["Node Type"] for node in on_tasks(plan)), plan
    assert max(map(rows, on_tasks(plan))) <= MANY and sorted_rows(plan) <= MANY, plan


# The index of trigrams, asked for a text that has none, is read as a whole: all users' tasks.
@pytest.mark.parametrize("text", ["t", "as", "zq", "%C3%A4", "%25%25"])
@pytest.mark.parametrize("order", ["-created_at", "title"])
def test_a_text_of_one_or_two_characters_is_looked_for_in_order(planner, text, order):
    plan = planner.settled(f"/tasks?limit={PAGE}&q={text}&sort={order}")
    [scan] = on_tasks(plan)
    assert scan["Node Type"] == "Index Scan" and sorted_rows(plan) == 0, plan


# No index can answer these: they cost what the user has, and nothing of what others have.
@pytest.mark.parametrize("path", ["/tags", "/tasks/stats", "/tasks?count=true", "/tasks?q=zq"])
def test_what_counts_or_has_no_index_reads_the_user_s_own_tasks_and_no_others(planner, path):
    plan = planner.settled(path)
    assert all("Seq Scan" not in node["Node Type"] for node in on_tasks(plan)), plan
    assert MANY < max(map(rows, on_tasks(plan))) <= OWN, plan
