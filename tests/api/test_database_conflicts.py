"""A statement that PostgreSQL gives up for another's sake is sent again: nobody sees it, and nothing is done twice."""
import concurrent.futures

import pytest

from client import check_away
from clusters import session
from exposition import scrape, total
from harness import wait_until

TRIES = 4  # that a statement has
CODES = pytest.mark.parametrize("code", ["40P01", "40001"], ids=["deadlock", "serialization"])


def give_up(server, code, times):
    """So many of the next statements that write tasks fail, at their end, with all rows written. They are counted by what no
    rollback takes back."""
    body = f"IF nextval('writes') <= {times} THEN RAISE EXCEPTION 'given up' USING ERRCODE = '{code}'; END IF; RETURN NULL;"
    server.sql("ALTER SEQUENCE writes RESTART;"
               f"CREATE OR REPLACE FUNCTION give_up() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$")


@pytest.fixture(scope="module")
def own_server(module_server):
    one = module_server({"WORKERS": "2"})
    one.sql("CREATE SEQUENCE writes")
    give_up(one, "40P01", 0)
    one.sql("CREATE TRIGGER give_up AFTER INSERT OR UPDATE OR DELETE ON tasks EXECUTE FUNCTION give_up()")
    return one


def conflicts(server):
    return total(scrape(server), "todo_database_errors_total", 'error="conflict"')


def calls(anna):
    """All that writes tasks, with its status. Toggled twice, a task would be as it was."""
    toggled, gone = (f"/tasks/{anna.task(title=title)['id']}" for title in ("toggled", "gone"))
    return [(lambda: anna.post("/tasks", {"title": "made"}), 201),
            (lambda: anna.post("/tasks", [{"title": "one"}, {"title": "two"}]), 201),
            (lambda: anna.post(f"{toggled}/complete"), 200),
            (lambda: anna.patch(toggled, {"priority": "high"}), 200),
            (lambda: anna.put(gone, {"title": "put"}), 200),
            (lambda: anna.delete(gone), 204),
            (lambda: anna.delete("/tasks?q=one"), 204)]


@CODES
def test_a_request_that_loses_a_conflict_is_done_once_all_the_same(own_server, code):
    anna = own_server.user()
    for call, status in calls(anna):
        before = conflicts(own_server)
        give_up(own_server, code, TRIES - 1)
        answer = call()
        assert answer.status == status, answer
        assert conflicts(own_server) == before + TRIES - 1
    left = {task["title"]: task for task in anna.get("/tasks").json}
    assert sorted(left) == sorted(anna.titles()) == ["made", "toggled", "two"]
    assert left["toggled"]["completed"] and left["toggled"]["priority"] == "high"


@CODES
def test_a_request_that_loses_every_conflict_is_503_and_leaves_no_trace(own_server, code):
    anna = own_server.user()
    writes = calls(anna)
    stored = anna.get("/tasks").json
    for call, _ in writes:
        before = conflicts(own_server)
        give_up(own_server, code, 1000)
        check_away(call())
        assert conflicts(own_server) == before + TRIES
    give_up(own_server, code, 0)
    assert anna.get("/tasks").json == stored


def test_two_changes_of_one_task_at_once_are_both_done_under_repeatable_read(cluster, start_server):
    """To which a role or a database may be set: the second then fails by itself, once it need not wait any longer."""
    database = cluster.new_database()
    cluster.sql(f"ALTER DATABASE {database} SET default_transaction_isolation = 'repeatable read'", database)
    server = start_server({"WORKERS": "2"}, database=database)
    anna = server.user()
    task = anna.task()
    waiting = f"SELECT 1 FROM pg_stat_activity WHERE datname = '{database}' AND wait_event_type = 'Lock'"
    with session(cluster, database, "todo", f"BEGIN; UPDATE tasks SET title = 'theirs' WHERE id = '{task['id']}'") as other:
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            ours = pool.submit(anna.patch, f"/tasks/{task['id']}", {"priority": "high"})
            wait_until(lambda: server.sql(waiting), "our statement waits for theirs")
            print("COMMIT;", file=other, flush=True)
            answer = ours.result()
    assert answer.status == 200 and (answer.json["title"], answer.json["priority"]) == ("theirs", "high"), answer
    assert conflicts(server) == 1
