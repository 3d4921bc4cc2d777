"""What happens to a database over the years: dumps, restores, killed backends, altered tables."""
import concurrent.futures
import subprocess
import threading

import pytest

from client import PASSWORD, check_problem


def dump(cluster, database, *options):
    command = [cluster.program("pg_dump"), "-h", str(cluster.sockets), "-p", str(cluster.port), "-U", "todo", *options, database]
    return subprocess.run(command, check=True, capture_output=True).stdout


def test_a_dump_restores_into_an_equal_database(cluster, start_responder):
    old = start_responder()
    anna = old.user()
    anna.task(title="Épsilon", description="ΣΊΣΥΦΟΣ", tags=["a", "b"], due_date="2026-11-30")
    restored = cluster.new_database()
    command = [cluster.program("psql"), "-h", str(cluster.sockets), "-p", str(cluster.port), "-U", "todo", "-d", restored,
               "-Xq", "-vON_ERROR_STOP=1"]
    done = subprocess.run(command, input=dump(cluster, old.database, "--no-owner", "--no-comments"), capture_output=True)
    assert done.returncode == 0, done.stderr
    new = start_responder(database=restored)
    assert new.login(anna.email).status == 200
    for sought in ("%C3%A9psi", "%CF%83%CE%AF%CF%83%CF%85%CF%86%CE%BF%CF%82"):
        answer = new.get(f"/tasks?q={sought}", token=anna.token)
        assert [task["title"] for task in answer.json] == ["Épsilon"]


def test_a_backend_that_is_terminated_costs_no_read(start_responder):
    responder = start_responder({"WORKERS": "1"})
    anna = responder.user()
    for _ in range(30):
        responder.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{responder.database}'"
                      " AND pid <> pg_backend_pid()")
        assert anna.get("/auth/me").status == 200


def test_a_column_whose_type_changes_costs_no_request(start_responder):
    responder = start_responder({"WORKERS": "1"})
    anna = responder.user()
    task = anna.task()
    for kind in ("varchar(254)", "text"):
        responder.sql(f"ALTER TABLE users ALTER email TYPE {kind}")
        for path in ("/auth/me", f"/tasks/{task['id']}", "/tasks"):
            assert anna.get(path).status == 200


def at_once(calls):
    with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
        gate = threading.Barrier(len(calls))
        waiting = [pool.submit(lambda call=call: (gate.wait(), call())[1]) for call in calls]
        return [one.result() for one in waiting]


def test_refreshing_and_signing_out_at_once_never_wait_for_each_other(start_responder):
    responder = start_responder({"WORKERS": "6"})
    anna = responder.user()
    for _ in range(25):
        login = responder.login(anna.email, refresh=True).json
        spend = {"refresh_token": login["refresh_token"]}
        answers = at_once([lambda: responder.post("/auth/refresh", spend)] * 4 +
                          [lambda: responder.post("/auth/logout", {}, token=login["access_token"])])
        assert {one.status for one in answers[:4]} <= {200, 401} and answers[4].status == 204
        check_problem(responder.get("/auth/me", token=login["access_token"]), 401)
    assert "40P01" not in responder.log()


@pytest.mark.parametrize("prefix", ["$2a$", "$2y$"])
def test_many_first_logins_with_an_imported_hash_all_succeed(start_responder, prefix):
    responder = start_responder({"WORKERS": "6"})
    anna = responder.user()
    for _ in range(5):
        responder.sql(f"UPDATE users SET hashed_password = '{prefix}' || substr(hashed_password, 5)")
        answers = at_once([lambda: responder.login(anna.email)] * 6)
        assert [one.status for one in answers] == [200] * 6


def test_a_password_change_beside_a_rewritten_hash_succeeds(start_responder):
    responder = start_responder({"WORKERS": "4"})
    anna = responder.user()
    new = {"current_password": PASSWORD, "new_password": PASSWORD}
    for _ in range(5):
        responder.sql("UPDATE users SET hashed_password = '$2y$' || substr(hashed_password, 5)")
        answers = at_once([lambda: responder.login(anna.email), lambda: anna.put("/auth/password", new)])
        assert answers[1].status == 204
