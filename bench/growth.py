"""What a row costs the user with very many tasks, beside the user with 20: in CPU of the program and PostgreSQL."""
import json

import load
import rig
import workloads

SORTS = ("created_at", "updated_at", "due_date", "priority", "title", "order")
SECONDS = 1
SMALL_USER = rig.READERS[100]
# What is asked of both. One task of 20 holds SEARCH; one of a user's tasks Zanzibar, which hardly anybody else's does; and
# one of everybody's begins with "Task 7:". Pages come newest first: what due_before finds are the user's oldest tasks.
QUERIES = {
    "first page": "limit=20",
    "completed=false": "limit=20&completed=false",
    "completed=true": "limit=20&completed=true",
    "priority=high": "limit=20&priority=high",
    "overdue=true": "limit=20&overdue=true",
    "due_before, only the oldest": "limit=20&due_before=2024-01-09",
    **{f"sort={sign}{sort}": f"limit=20&sort={sign}{sort}" for sort in SORTS for sign in ("", "-")},
    "tag=urgent": "limit=20&tag=urgent",
    "search, many found": f"limit=20&q={workloads.SEARCH}",
    "search, one found": "limit=20&q=Zanzibar",
    "search, one found, common elsewhere": "limit=20&q=Task%207%3A",
}
# What no index answers costs all that the user has, and no more than that. Two characters are no trigram.
WITHOUT_INDEX = {
    "no index: search of two characters, one found": "limit=20&q=Za",
    "no index: first page and count=true": "limit=20&count=true",
}


def plan(todo, database):
    """Cells as those of run.py: title, connections, who → a way to measure it."""
    cells = {}
    paths = {name: {user: f"/tasks?{query}" for user in (rig.BIG_USER, SMALL_USER)} for name, query in (QUERIES | WITHOUT_INDEX).items()}
    second = workloads.walk(todo, 2, rig.BIG_USER, 10)
    paths["page 1,000 of a walk"] = {rig.BIG_USER: f"/tasks?limit=10&cursor={workloads.walk(todo, 1000, rig.BIG_USER, 10)}",
                                     SMALL_USER: f"/tasks?limit=10&cursor={workloads.walk(todo, 2, SMALL_USER, 10)}"}
    paths["page 2 of a walk"] = {rig.BIG_USER: f"/tasks?limit=10&cursor={second}",
                                 SMALL_USER: paths["page 1,000 of a walk"][SMALL_USER]}
    for name, by_user in paths.items():
        for user, path in by_user.items():
            who = todo.label if user == rig.BIG_USER else "user with 20 tasks"
            workload = workloads.Workload(name, name, "GET", path, range(user, user + 1))
            rows = len(json.loads(workloads.ask(todo, workload, user).content))
            assert rows, f"{path} finds nothing for user {user}"
            file = rig.BUILD / "bench" / f"growth-{len(cells)}.requests"
            workloads.write_requests(workload, file)
            cells[f"user with {rig.BIG_TASKS:,} tasks: {name}", 1, who] = (
                lambda file=file, rows=rows: per_row(load.http(todo, database, file, 1, SECONDS), rows))
    return cells


def per_row(sample, rows):
    cost = (sample.cpu["app"] + sample.cpu["postgres"]) / rows
    return load.Sample(cost, sample.p50, sample.p99, sample.cpu, "µs/row")
