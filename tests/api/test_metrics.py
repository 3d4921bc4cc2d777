"""/metrics: complete, in Prometheus' format, and exact although many processes count and some are killed."""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import fcgi
from exposition import scrape, total
from harness import ROOT, alive, wait_until

BURST = pathlib.Path(__file__).with_name("burst.py")


def check_metrics(text):
    return subprocess.run(["promtool", "check", "metrics"], input=text, text=True, capture_output=True, timeout=60)


def test_promtool_finds_nothing_wrong(start_server):
    server = start_server()
    anna = server.user()
    anna.task()
    server.get("/nothing")
    server.get("/tasks")
    done = check_metrics(server.get("/metrics").body.decode())
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert check_metrics("# TYPE x counter\nx 1\nx 2\n").returncode != 0


def test_every_counter_is_there_from_the_start(start_responder):
    """So that a rate over it can be computed when it moves for the first time."""
    text = start_responder().get("/metrics").body.decode()
    for name in ("database_seconds", "database_connections", "database_reconnects", "database_errors", "password_hashes", "password_hash_seconds",
                 "password_hash_wait_seconds", "password_hash_refusals", "rate_limit_refusals", "worker_starts", "worker_restarts"):
        assert re.search(rf"^todo_{name}_total(\{{.*\}})? [0-9.]+$", text, re.M), name
    for name in ("workers_busy", "workers_idle"):
        assert re.search(rf"^todo_{name} \d+$", text, re.M), name


def test_workers_are_idle_busy_or_gone(start_responder):
    responder = start_responder({"WORKERS": "3", "REQUEST_TIMEOUT": "60"})

    def workers():
        page = scrape(responder)
        return page["todo_workers_busy", None], page["todo_workers_idle", None]
    wait_until(lambda: workers() == (1, 2), "one is at this request, two wait")
    before = set(responder.workers())
    with responder.connect() as link:
        link.sendall(fcgi.begin())
        wait_until(lambda: workers() == (2, 1), "one more is at a request that does not end")
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: len(now := set(responder.workers())) == 3 and not before & now, "all are replaced")
        wait_until(lambda: workers() == (1, 2), "none is at a request of a worker that has gone")


def test_time_and_connections_of_the_database_are_counted(start_responder):
    responder = start_responder({"WORKERS": "2"})
    wait_until(lambda: total(scrape(responder), "todo_database_connections_total") == 2, "each worker has connected")
    before = scrape(responder)
    began = time.monotonic()
    for _ in range(10):
        assert responder.get("/readyz").status == 200
    elapsed, after = time.monotonic() - began, scrape(responder)
    assert 0 < total(after, "todo_database_seconds_total") - total(before, "todo_database_seconds_total") < elapsed
    assert total(after, "todo_database_reconnects_total") == total(after, "todo_database_errors_total") == 0


def test_a_lost_connection_is_a_reconnect(start_responder):
    responder = start_responder({"WORKERS": "1"})
    assert total(scrape(responder), "todo_database_connections_total") == 1
    responder.cluster.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{responder.database}'", "postgres", "postgres")
    wait_until(lambda: responder.get("/readyz").status == 200 and total(scrape(responder), "todo_database_reconnects_total") == 1, "it has connected again")
    assert total(scrape(responder), "todo_database_connections_total") == 2


def test_a_statement_that_fails_is_counted_by_what_it_means(start_responder):
    responder = start_responder({"WORKERS": "1"})
    anna = responder.user()
    responder.sql("ALTER TABLE tasks RENAME COLUMN title TO name")
    answer = responder.call("GET", "/tasks", [("Authorization", f"Bearer {anna.token}")], None)
    assert answer.status == 500  # which the document does not promise
    page = scrape(responder)
    assert total(page, "todo_database_errors_total", 'error="other"') == total(page, "todo_database_errors_total") == 1


def restarts(responder, first):
    """How many of the workers, `first` at the start, were replaced, by reason. An end is counted, and then the start after it."""
    def settled():
        page = scrape(responder)
        reasons = {reason: total(page, "todo_worker_restarts_total", f'reason="{reason}"') for reason in ("exit", "signal", "hung", "recycled", "reload")}
        assert total(page, "todo_worker_restarts_total") == sum(reasons.values())
        return page["todo_worker_starts_total", None] == first + sum(reasons.values()) and [reasons]
    [reasons] = wait_until(settled, "each that has gone is replaced")
    return {reason: count for reason, count in reasons.items() if count}


def test_a_worker_that_has_served_enough_is_recycled(start_responder):
    responder = start_responder({"WORKERS": "1", "MAX_REQUESTS": "5"})
    wait_until(lambda: restarts(responder, 1).get("recycled", 0) >= 3, "workers are replaced")
    assert set(restarts(responder, 1)) == {"recycled"}


def test_workers_are_replaced_at_a_reload_and_not_at_a_stop(start_responder):
    responder = start_responder({"WORKERS": "3"})
    os.kill(responder.parent(), signal.SIGHUP)
    wait_until(lambda: restarts(responder, 3) == {"reload": 3}, "each worker has been replaced")


def expressions():
    dashboard = json.loads((ROOT / "deploy" / "grafana.json").read_text())
    return [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]


def test_the_dashboard_asks_for_nothing_that_is_not_there(start_responder):
    responder = start_responder()
    responder.get("/healthz")
    there = scrape(responder)
    labels = {}
    for name, text in there:
        labels.setdefault(name, {"job"}).update(re.findall(r'(\w+)="', text or ""))
    for expression in expressions():
        names = re.findall(r"\btodo_\w+", expression)
        assert names and set(names) <= set(labels), expression
        for group in re.findall(r" by \(([^)]*)\)", expression):
            assert set(group.split(", ")) <= labels[names[0]], expression
    assert len(expressions()) >= 10


def test_the_dashboards_expressions_are_promql(tmp_path):
    rules = [{"record": f"panel:{number}", "expr": one.replace("$__rate_interval", "5m")} for number, one in enumerate(expressions())]
    path = tmp_path / "rules.json"  # JSON is YAML
    path.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    done = subprocess.run(["promtool", "check", "rules", str(path)], text=True, capture_output=True, timeout=60)
    assert done.returncode == 0 and f"{len(rules)} rules found" in done.stdout, done


def burst(responder, clients, count, paths):
    command = [sys.executable, str(BURST), str(responder.socket), str(count // clients), *paths]
    return [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(clients)]


def kill_workers(responder, while_running):
    """One after the other, each once all places are filled again. How many."""
    wanted, kills = len(responder.workers()), 0
    while True:
        now = wait_until(lambda: len(pids := responder.workers()) == wanted and pids, "all workers are there")
        if not any(client.poll() is None for client in while_running):
            return kills
        victim = now[kills % wanted]
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda gone=victim: not alive(gone), "it is dead")
        kills += 1


def test_after_100000_requests_over_8_workers_that_are_killed_the_sums_are_the_requests(start_responder):
    responder = start_responder({"WORKERS": "8", "LOG_LEVEL": "warning"})
    paths = {"/healthz": ('route="/healthz"', 'class="2xx"'), "/nothing": ('route="none"', 'class="4xx"'),
             "/tasks": ('route="/tasks"', 'method="GET"', 'class="4xx"')}
    clients = burst(responder, 8, 100_000, paths)
    try:
        kills = kill_workers(responder, clients)
        results = [json.loads(client.communicate(timeout=60)[0]) for client in clients]
    finally:
        for client in clients:
            client.kill()
            client.wait()
    page = scrape(responder)
    for path, labels in paths.items():
        sent, answered = (sum(result[path][i] for result in results) for i in (0, 1))
        counted = total(page, "todo_http_requests_total", *labels)
        assert answered <= counted <= sent, path
        assert counted == total(page, "todo_http_request_duration_seconds_count", *labels[:-1])
    lost = sum(sent - answered for result in results for sent, answered in result.values())
    assert sum(sent for result in results for sent, _ in result.values()) == 100_000
    assert kills >= 5 and lost <= kills
    assert restarts(responder, 8) == {"signal": kills}
